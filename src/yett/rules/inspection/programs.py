"""Names of programs that a shell runs, for rules about commands: those that are no words of a language, and those that are.

From POSIX.1-2024 (Utilities), from what GTFOBins (https://gtfobins.github.io) and LOLBAS (https://lolbas-project.github.io) list,
and what systems of Debian and Windows have besides. It must not know rules.
"""

from typing import Final

NAMED: Final = frozenset(
    b"""
7za 7zr aa-exec agetty alpine ansible ansible-config ansible-playbook apt-cache apt-get aptitude aria2c arj arp attrib
awk axel base32 base58 base64 basenc bashbug batcat bcdboot bconsole bitsadmin blkid bpftrace bsdtar bunzip2 busctl
busybox byebug bzcat bzip2 c89 c99 cacls capsh cargo certbot certutil chattr chgrp chmod chown chroot cmp cobc
composer cowsay cpan cpio cpulimit crontab cscript csh csplit csvtool cupsfilter curl cvs darkstat dash dhclient
diskpart dmesg dmidecode dmsetup dnf docker dosbox dotnet dpkg dsquery dstat dvips efax egrep elvish emacs enscript
eqn esentutl espeak exiftool facter fdisk fgrep finger fmt forfiles fping fsck fsutil ftp fusermount g++ gawk gcc
gcloud gcore gdb gem genie genisoimage getcap getent getfacl ghc ghci gimp ginsh gpg grep groupadd gtester gunzip gzip
halt hexdump hping3 htop icacls iconv ifconfig iftop init ionice iotop ipconfig iptables irb ispell jjs jq jrunscript
jshell julia kill killall ksshell kubectl last latex ldconfig lftp ln loginctl logsave lsb_release lscpu lsof lspci
ltrace lua lwp-download lwp-request lynx lz4 lzcat lzma mawk mkdir mkfifo mknod mktemp modprobe mosquitto msfconsole
msgattrib mshta msiexec multitime mutt mv mysql mysqldump nano nasm nawk nbtstat nc nc.openbsd nc.traditional ncat
ncdu neofetch net1 netcat netsh netstat nl nltest nmap nohup npm npx nroff nsenter nslookup ntpdate octave od openssl
openvpn opkg pandoc passwd pathping pcalua pdflatex pdftex perl perlbug pexec pftp pg_dump pgrep php phpinfo ping
ping6 pip pip3 pkexec pkg pkill podman poweroff powershell printenv psftp psql pstree puppet pwsh python python2
python3 qprocess quser qwinsta rake rbash readelf readlink reboot reg regedit regsvr32 restic rev rlogin rlwrap rm
rmdir rmt-dump rmt-tar robocopy rpcclient rpm rpmdb rpmquery rpmverify rsh rsync ruby run-mailcap run-parts rundll32
runscript rvim sc.exe scanmem schtasks scp sed sendmail setarch setfacl setlock setsid sftp sh shuf shutdown slsh
smbclient socat sqlite3 ssh ssh-agent ssh-keygen ssh-keyscan sshpass start-stop-daemon stdbuf strace strings su sudo
svn sysctl systemctl systemd-resolve systeminfo tac tail takeown tar taskkill tasklist taskset tasksh tbl tclsh
tcpdump tcsh telnet terraform tftp tmux torify tput tr traceroute tracert troff tshark ul uname unexpand uniq unlink
unlzma unshare unsquashfs unxz unzip unzstd update-alternatives useradd userdel usermod uudecode uuencode vagrant
valgrind varnishncsa vi view vigr vim vimdiff vipw visudo vssadmin w3m wall watch wc wevtutil wget whiptail whoami
whois wireshark wmic wscript xargs xcopy xdotool xelatex xetex xmodmap xmore xterm xwd xxd xz xzcat yarn yash yum zcat
zgrep zip zipdetails zless zmore zsh zsoelim zstd zypper
""".split()
)
"""No words of a language: after a separator, the name alone tells."""

WORDED: Final = frozenset(
    b"""
alias arch as ash assoc at bash bg cal cat cc cd chsh clear column comm copy cp cut date dd del df diff dig dir du
echo ed env erase eval exec exit expand expect export expr false fc fetch fg file find fish flock fold free get gh go
groups hash head help history hostname id install ip java jobs join knife ksh less links locate login logname logout
look ls mail make man mesg more mount move mtr nice nm node open paste patch pico pr printf ps pv pwd red ren
rename route rview screen script select service set sleep sort source split ss start stat stty sum sync tee test tic
time timeout title top touch trap tree true tty type umount uptime users ver vlc vol w wait whereis which while who
write yes
""".split()
)
"""Words as well: after a separator, they tell where the value is nothing else."""
