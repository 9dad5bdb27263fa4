"""The compiler of the stand-in (see `standin`)."""

import argparse
import json
import os
import signal
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from yett.edge.gateway.preparation import Prepared, Refused, ServiceSummary, encode_verdict


def compile_policy(path: str, bundle: int) -> None:
    text = Path(path).read_text()
    files = [path]
    try:
        policy = json.loads(text)
    except json.JSONDecodeError as error:
        verdict: Any = Refused(errors=(f"{path}:{error.lineno}:{error.colno}: {error.msg}",), files=(path,))
    else:
        if "hang" in policy:
            Path(policy["hang"]).write_text(str(os.getpid()))
            signal.pause()
        if "crash" in policy:
            os.kill(os.getpid(), signal.SIGKILL)
        named = [policy["tls"][name] for name in ("certificate", "key", "client_ca") if policy.get("tls", {}).get(name)]
        files += named
        policy["files"] = {name: Path(name).read_text() for name in named}
        policy["digest"] = policy["text"] + (sha256(str(policy["files"]).encode()).hexdigest()[:8] if named else "")
        os.write(bundle, json.dumps(policy).encode())
        verdict = Prepared(
            digest=policy["digest"],
            listen=tuple(policy["listen"]),
            admin=policy.get("admin"),
            workers=policy.get("workers", 0),
            services=(ServiceSummary("stand-in", "enforce", 1),),
            files=tuple(files),
            fixed={"workers": str(policy.get("workers"))},
        )
    sys.stdout.buffer.write(encode_verdict(verdict))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("--bundle", type=int)
    options = parser.parse_args()
    compile_policy(options.path, options.bundle)
