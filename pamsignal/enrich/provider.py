"""Which cloud this host runs in: from the configuration, cloud-init, or what the firmware says of itself (DMI).

Nobody is asked over the network here (inquiry.py does). What is not known is None; a wrong name would be worse.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Mapping, NamedTuple, Optional, Pattern, Tuple

from pamsignal.enrich.files import content_of

AUTO = "auto"

INSTANCE_DATA = "run/cloud-init/instance-data.json"  # readable by everybody, secrets are left out of it
_MOST_DATA_BYTES = 1024 * 1024
_MOST_BYTES = 4096
_DMI = "sys/class/dmi/id/"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}")


class Settings(NamedTuple):
    """What the configuration says: a name, `auto` to find it out, or None for neither asking nor telling.

    `metadata`: whether what no file tells may be asked of the cloud's metadata service.
    """

    provider: Optional[str] = AUTO
    region: Optional[str] = AUTO
    metadata: bool = False


class Cloud(NamedTuple):
    """Where this host runs."""

    provider: Optional[str] = None
    region: Optional[str] = None
    instance_id: Optional[str] = None


class Rule(NamedTuple):
    """`provider` is whose machine it is if the text of `file` fits `pattern`."""

    provider: str
    file: str
    pattern: Pattern[str]


def _rule(provider: str, file: str, pattern: str) -> Rule:
    return Rule(provider, file, re.compile(pattern))


# The first that fits counts: those that imitate EC2 stand before it. After tools/ds-identify of cloud-init 24.4 and
# hwdb.d/40-imds.hwdb of systemd 261, read on 2026-11-23, as far as the files are readable by everybody: serial
# numbers and UUIDs are root's alone. Azure is told by its tag, as its vendor is that of every Hyper-V.
RULES: Tuple[Rule, ...] = (
    _rule("zstack", _DMI + "chassis_asset_tag", r".*\.zstack\.io"),
    _rule("e24cloud", _DMI + "sys_vendor", r"e24cloud"),
    _rule("tilaa", _DMI + "sys_vendor", r"Tilaa"),
    _rule("outscale", _DMI + "product_name", r"3DS Outscale VM"),
    _rule("aws", _DMI + "sys_vendor", r"Amazon EC2"),
    _rule("aws", _DMI + "bios_vendor", r"Amazon EC2"),
    _rule("aws", "sys/hypervisor/uuid", r"ec2.*"),
    _rule("gcp", _DMI + "product_name", r"Google Compute Engine"),
    _rule("azure", _DMI + "chassis_asset_tag", r"7783-7084-3265-9085-8269-3286-77"),
    _rule("digitalocean", _DMI + "sys_vendor", r"DigitalOcean"),
    _rule("hetzner", _DMI + "sys_vendor", r"Hetzner"),
    _rule("hetzner", _DMI + "bios_vendor", r"Hetzner"),
    _rule("akamai", _DMI + "sys_vendor", r"Linode|Akamai"),
    _rule("vultr", _DMI + "sys_vendor", r"Vultr"),
    _rule("vultr", _DMI + "bios_vendor", r"Vultr"),
    _rule("vultr", "proc/cmdline", r"(?:.* )?vultr(?: .*)?"),
    _rule("oracle", _DMI + "chassis_asset_tag", r"OracleCloud\.com"),
    _rule("scaleway", _DMI + "sys_vendor", r"Scaleway"),
    _rule("scaleway", "proc/cmdline", r"(?:.* )?scaleway(?: .*)?"),
    _rule("alibaba", _DMI + "product_name", r"Alibaba Cloud ECS"),
    _rule("alibaba", _DMI + "sys_vendor", r"Alibaba Cloud"),
    _rule("tencent", _DMI + "sys_vendor", r"Tencent Cloud"),
    _rule("upcloud", _DMI + "sys_vendor", r"UpCloud"),
    _rule("exoscale", _DMI + "product_name", r"Exoscale.*"),
    _rule("cloudsigma", _DMI + "product_name", r"CloudSigma"),
    _rule("cloudstack", _DMI + "product_name", r"CloudStack.*"),
    _rule("nwcs", _DMI + "sys_vendor", r"NWCS"),
    _rule("cloudcix", _DMI + "product_name", r"CloudCIX"),
    _rule("otc", _DMI + "chassis_asset_tag", r"OpenTelekomCloud"),
    _rule("huawei", _DMI + "chassis_asset_tag", r"HUAWEICLOUD"),
    _rule("sap", _DMI + "chassis_asset_tag", r"SAP CCloud VM"),
    _rule("samsung", _DMI + "chassis_asset_tag", r"Samsung Cloud Platform"),
    _rule("openstack", _DMI + "product_name", r"OpenStack (?:Nova|Compute)"),
    _rule("openstack", _DMI + "chassis_asset_tag", r"OpenStack (?:Nova|Compute)"),
)

# `cloud_name` of cloud-init where it is not our name. Sources of data that anybody can run, such as nocloud,
# configdrive or vmware, are no providers.
_SYNONYMS = {"gce": "gcp", "aliyun": "alibaba", "linode": "akamai"}
_ONLY_CLOUD_INIT = frozenset({"brightbox", "ibmcloud"})
NAMES = frozenset(rule.provider for rule in RULES) | _ONLY_CLOUD_INIT


def identity(settings: Settings, root: str = "") -> Cloud:
    """Return where this host runs; `root` stands before every path. Never raises."""
    if settings.provider is None:
        return Cloud()
    told = _told_by_cloud_init(root)
    provider = settings.provider if settings.provider != AUTO else told.provider or _told_by_firmware(root)
    return Cloud(provider, told.region if settings.region == AUTO else settings.region, told.instance_id)


def maker(root: str = "") -> Optional[str]:
    """Return whose machine it is by its own word, whatever the configuration calls it. Never raises."""
    return _told_by_cloud_init(root).provider or _told_by_firmware(root)


def _told_by_cloud_init(root: str) -> Cloud:
    try:
        document: Any = json.loads(content_of(f"{root}/{INSTANCE_DATA}", _MOST_DATA_BYTES))
    except (ValueError, RecursionError):
        return Cloud()
    told = document.get("v1") if isinstance(document, dict) else None
    if not isinstance(told, dict):
        return Cloud()
    name = _text(told, "cloud_name") or ""
    provider = _SYNONYMS.get(name, name)
    if provider not in NAMES:
        return Cloud()
    return Cloud(provider, _text(told, "region") or _text(told, "availability_zone"), _text(told, "instance_id"))


def _text(told: Mapping[str, Any], key: str) -> Optional[str]:
    value = told.get(key)
    text = str(value) if isinstance(value, (str, int)) else ""
    return text if _NAME.fullmatch(text) else None


def _told_by_firmware(root: str) -> Optional[str]:
    read: Dict[str, str] = {}
    for rule in RULES:
        if rule.file not in read:
            read[rule.file] = content_of(f"{root}/{rule.file}", _MOST_BYTES).decode("utf-8", "replace").strip()
        if rule.pattern.fullmatch(read[rule.file]):
            return rule.provider
    return None
