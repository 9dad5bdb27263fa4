"""What `yett probe` finds in APIs that others made: started on loopback, requests counted at the server, findings held against
their documented holes. The sources of the subjects are not part of this; see `subjects.py` for what is needed of them."""
