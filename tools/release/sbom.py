"""The bill of materials, dist/pamsignal-VERSION.cdx.json: CycloneDX 1.7 of what was built, and what it needs.

It says nothing that the artefacts do not say themselves, so the same artefacts have the same one.
https://cyclonedx.org/docs/1.7/json/
"""

from __future__ import annotations

import json
import re
import sys
import uuid
import zipfile
from datetime import datetime, timezone
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple

from .archives import KINDS, digest_of
from .model import Disagreement, Release, ask, version_of

# What distributions call the packages of PyPI that pamsignal can use: Debian's name, Fedora's name.
PACKAGED = {
    "apprise": ("apprise", "python3-apprise"),
    "jsonschema": ("python3-jsonschema", "python3-jsonschema"),
    "maxminddb": ("python3-maxminddb", "python3-maxminddb"),
    "prometheus-client": ("python3-prometheus-client", "python3-prometheus_client"),
    "pyyaml": ("python3-yaml", "python3-pyyaml"),
    "requests": ("python3-requests", "python3-requests"),
    "rich": ("python3-rich", "python3-rich"),
    "systemd-python": ("python3-systemd", "python3-systemd"),
}
REQUIREMENT = re.compile(r'(?P<name>[\w.-]+)\s*(?P<range>[^;]*?)\s*(?:;\s*extra == "(?P<extra>\w+)")?')


class Need(NamedTuple):
    """A package of PyPI that pamsignal uses: its name there, the versions, and whether it runs without."""

    name: str
    versions: str
    is_optional: bool


def name_of(release: Release) -> Path:
    """Return where the bill lies."""
    return release.root / f"dist/pamsignal-{release.version}.cdx.json"


def disagreements(release: Release) -> Iterator[Disagreement]:
    """Yield a bill that is of other artefacts than those in dist."""
    file = name_of(release)
    if file.is_file() and file.read_text(encoding="utf-8") != written(release):
        yield Disagreement(f"dist/{file.name}", "not of the artefacts in dist", "make sbom")


def written(release: Release) -> str:
    """Return the bill of the artefacts in dist as text; "" without a wheel, which says what is needed."""
    wheel = release.root / f"dist/pamsignal-{release.version}-py3-none-any.whl"
    if not wheel.is_file():
        return ""
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"pamsignal-{release.version}.dist-info/METADATA")
    files = [release.root / "dist" / kind.format(release.version) for kind in KINDS]
    files += sorted((release.root / "dist").glob(f"pamsignal_{release.version}_*.snap"))
    digests = {file.name: digest_of(file.read_bytes()) for file in files if file.is_file()}
    built = datetime.fromtimestamp(int(ask(str(release.root / "tools/source_date.sh"))), timezone.utc)
    document = bill(release.version, BytesParser().parsebytes(metadata), digests, built)
    return json.dumps(document, indent=2) + "\n"


def bill(version: str, metadata: Message, digests: Dict[str, str], built: datetime) -> Dict[str, Any]:
    """Return the document: `metadata` is the wheel's, `digests` has the SHA-256 of each artefact, by its name."""
    itself = f"pkg:pypi/pamsignal@{version}"
    components = [component(need) for need in needs(metadata)]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([itself, digests]))}",
        "version": 1,
        "metadata": {
            "timestamp": built.isoformat().replace("+00:00", "Z"),
            "component": {
                "type": "application",
                "bom-ref": itself,
                "name": "pamsignal",
                "version": version,
                "description": str(metadata["Summary"]),
                "licenses": [{"license": {"id": "MIT"}}],
                "purl": itself,
                "externalReferences": [reference(name, digest) for name, digest in digests.items()],
            },
        },
        "components": components,
        "dependencies": [{"ref": itself, "dependsOn": [each["bom-ref"] for each in components]}],
    }


def needs(metadata: Message) -> List[Need]:
    """Return what the wheel can use at run time, what it needs first."""
    lines = (line for line in metadata.get_all("Requires-Dist", []) if 'extra == "dev"' not in line)
    found = filter(None, map(REQUIREMENT.fullmatch, lines))
    wanted = (Need(normalised(each["name"]), each["range"], bool(each["extra"])) for each in found)
    return sorted(wanted, key=lambda need: (need.is_optional, need.name))


def normalised(name: str) -> str:
    """Return a name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def component(need: Need) -> Dict[str, Any]:
    """Return the entry of what is not shipped but needed (isExternal): so a range takes the place of a version."""
    debian, fedora = PACKAGED[need.name]
    return {
        "type": "library",
        "bom-ref": f"pkg:pypi/{need.name}",
        "name": need.name,
        "versionRange": f"vers:pypi/{need.versions.replace(',', '|')}",
        "isExternal": True,
        "scope": "optional" if need.is_optional else "required",
        "purl": f"pkg:pypi/{need.name}",
        "properties": [
            {"name": "pamsignal:purl:deb", "value": f"pkg:deb/debian/{debian}"},
            {"name": "pamsignal:purl:rpm", "value": f"pkg:rpm/fedora/{fedora}"},
        ],
    }


def reference(name: str, digest: str) -> Dict[str, Any]:
    """Return the entry of an artefact."""
    kind = "source-distribution" if name.endswith(".tar.gz") else "distribution"
    return {"type": kind, "url": name, "hashes": [{"alg": "SHA-256", "content": digest}]}


def main() -> int:
    """Write the bill of the artefacts in dist, if it is what the schema of CycloneDX says."""
    from cyclonedx.schema import SchemaVersion  # noqa: PLC0415 - of .venv-release; the checks do without
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415

    release = Release(Path.cwd(), version_of(Path.cwd()), None)
    text = written(release)
    wrong = JsonStrictValidator(SchemaVersion.V1_7).validate_str(text) if text else "no wheel in dist: make wheel"
    if wrong:
        print(f"no bill of materials: {wrong}", file=sys.stderr)
        return 1
    name_of(release).write_text(text, encoding="utf-8")
    print(f"dist/{name_of(release).name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
