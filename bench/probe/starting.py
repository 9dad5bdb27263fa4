"""The application objects of subjects that have none at hand, made as their own main programs make them, but on no network. Runs
with the subject's own Python and packages, in its directory.
"""

from importlib import import_module


def vapi():
    """github.com/jorritfolmer/vulnerable-api: a Connexion application that its main program puts together."""
    connexion = import_module("connexion")
    import_module("vAPI")
    application = connexion.FlaskApp("vAPI", specification_dir="openapi/")
    application.add_api("vAPI.yaml", arguments={"title": "Vulnerable API"})
    return application.app


def bank():
    """github.com/Commando-X/vuln-bank: a Flask application whose tables its main program makes."""
    module = import_module("app")
    module.init_db()
    return module.app


def application(name):
    """ "MODULE:NAME", where NAME is an object, or a function of this module that makes it."""
    module, _, path = name.partition(":")
    if module == "starting":
        return globals()[path]()
    found = import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found
