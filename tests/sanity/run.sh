#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The meshed.cassandra authors
#
# Run ansible-test sanity. It wants the collection at .../ansible_collections/meshed/cassandra with its dependencies
# beside it, and bootstraps pip by a download; the copy, the links and the stand-in below give it what it wants.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
python=$root/.venv/bin/python
purelib=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/ansible_collections
mkdir -p "$tree/meshed/cassandra"
# What is shipped is tested; the lab and the tests have linters of their own.
(cd "$root" && tar -cf - README.md CHANGELOG.md LICENSE galaxy.yml meta playbooks plugins roles) \
  | tar -xf - -C "$tree/meshed/cassandra" --exclude __pycache__
ln -s "$purelib/ansible_collections/kubernetes" "$tree/kubernetes"

# The virtual environments of the single tests are kept between runs.
export HOME=${XDG_CACHE_HOME:-$HOME/.cache}/meshed-cassandra-sanity
pip=$("$python" - <<'PY'
import re, pathlib, ansible_test
text = (pathlib.Path(ansible_test.__file__).parent / "_internal/python_requirements.py").read_text()
print(re.search(r"pip='([0-9.]+)'|pip=\"([0-9.]+)\"", text).group(1).replace(".", "_"))
PY
)
mkdir -p "$HOME/.ansible/test/cache"
cat > "$HOME/.ansible/test/cache/get_pip_$pip.py" <<'PY'
import subprocess
import sys

arguments = [each for each in sys.argv[1:] if each not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"])
subprocess.check_call([sys.executable, "-m", "pip", "install", "--upgrade", *arguments])
PY
cd "$tree/meshed/cassandra"
git init --quiet .
"$root/.venv/bin/ansible-test" sanity --python "$version" --color no "$@"
