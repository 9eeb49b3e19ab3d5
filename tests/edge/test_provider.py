"""Which cloud this is, told from trees of files as a machine of that cloud shows them."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.enrich import provider
from pamsignal.enrich.provider import AUTO, Cloud, Settings, identity

DMI = "sys/class/dmi/id/"
INSTANCE_DATA = "run/cloud-init/instance-data.json"

FIRMWARE = {
    "zstack": {DMI + "chassis_asset_tag": "12ab.zstack.io"},
    "e24cloud": {DMI + "sys_vendor": "e24cloud"},
    "tilaa": {DMI + "sys_vendor": "Tilaa"},
    "outscale": {DMI + "sys_vendor": "3DS Outscale", DMI + "product_name": "3DS Outscale VM"},
    "aws": {DMI + "sys_vendor": "Amazon EC2", DMI + "product_name": "t3.micro"},
    "aws, older": {DMI + "sys_vendor": "Xen", "sys/hypervisor/uuid": "ec2e1916-9099-7caf-fd21-012345abcdef"},
    "aws, metal": {DMI + "bios_vendor": "Amazon EC2"},
    "gcp": {DMI + "sys_vendor": "Google", DMI + "product_name": "Google Compute Engine"},
    "azure": {
        DMI + "sys_vendor": "Microsoft Corporation",
        DMI + "product_name": "Virtual Machine",
        DMI + "chassis_asset_tag": "7783-7084-3265-9085-8269-3286-77",
    },
    "digitalocean": {DMI + "sys_vendor": "DigitalOcean", DMI + "product_name": "Droplet"},
    "hetzner": {DMI + "sys_vendor": "Hetzner", DMI + "product_name": "vServer"},
    "hetzner, by its firmware": {DMI + "sys_vendor": "QEMU", DMI + "bios_vendor": "Hetzner"},
    "akamai": {DMI + "sys_vendor": "Akamai"},
    "akamai, older": {DMI + "sys_vendor": "Linode"},
    "vultr": {DMI + "sys_vendor": "Vultr"},
    "vultr, by its firmware": {DMI + "bios_vendor": "Vultr"},
    "vultr, by its command line": {"proc/cmdline": "BOOT_IMAGE=/vmlinuz ro vultr quiet"},
    "oracle": {DMI + "chassis_asset_tag": "OracleCloud.com"},
    "scaleway": {DMI + "sys_vendor": "Scaleway"},
    "scaleway, by its command line": {"proc/cmdline": "scaleway ro"},
    "alibaba": {DMI + "sys_vendor": "Alibaba Cloud", DMI + "product_name": "Alibaba Cloud ECS"},
    "alibaba, by its maker": {DMI + "sys_vendor": "Alibaba Cloud"},
    "tencent": {DMI + "sys_vendor": "Tencent Cloud"},
    "upcloud": {DMI + "sys_vendor": "UpCloud"},
    "exoscale": {DMI + "product_name": "Exoscale Compute Platform"},
    "cloudsigma": {DMI + "product_name": "CloudSigma"},
    "cloudstack": {DMI + "product_name": "CloudStack KVM Hypervisor"},
    "nwcs": {DMI + "sys_vendor": "NWCS"},
    "cloudcix": {DMI + "product_name": "CloudCIX"},
    "otc": {DMI + "chassis_asset_tag": "OpenTelekomCloud", DMI + "product_name": "OpenStack Nova"},
    "huawei": {DMI + "chassis_asset_tag": "HUAWEICLOUD", DMI + "product_name": "OpenStack Nova"},
    "sap": {DMI + "chassis_asset_tag": "SAP CCloud VM"},
    "samsung": {DMI + "chassis_asset_tag": "Samsung Cloud Platform"},
    "openstack": {DMI + "sys_vendor": "OpenStack Foundation", DMI + "product_name": "OpenStack Nova"},
    "openstack, other builds": {DMI + "product_name": "OpenStack Compute"},
    "openstack, by its tag": {DMI + "chassis_asset_tag": "OpenStack Nova"},
}
NO_CLOUD = {
    "Hyper-V at home": {DMI + "sys_vendor": "Microsoft Corporation", DMI + "product_name": "Virtual Machine"},
    "QEMU": {DMI + "sys_vendor": "QEMU", DMI + "product_name": "Standard PC (Q35 + ICH9, 2009)"},
    "a laptop": {DMI + "sys_vendor": "LENOVO", DMI + "bios_vendor": "LENOVO", DMI + "chassis_asset_tag": "No Asset"},
    "a name inside a name": {DMI + "sys_vendor": "Not Amazon EC2", DMI + "product_name": "NWCS"},
    "a word of the command line": {"proc/cmdline": "root=/dev/vultr1 ro notscaleway"},
    "another hypervisor": {"sys/hypervisor/uuid": "00000000-0000-0000-0000-000000000000"},
    "a container without DMI": {},
    "bytes": {DMI + "sys_vendor": b"\xff\xfe\0"},
}


def plant(root, files):
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode() + b"\n")


def told(**v1):
    return {INSTANCE_DATA: json.dumps({"v1": v1})}


@pytest.mark.parametrize(("name", "files"), FIRMWARE.items(), ids=FIRMWARE)
def test_a_cloud_is_known_by_its_firmware(name, files, tmp_path):
    plant(tmp_path, files)
    assert identity(Settings(), str(tmp_path)) == Cloud(name.partition(",")[0])


def test_every_rule_has_a_machine_that_it_is_for():
    assert {rule.provider for rule in provider.RULES} == {name.partition(",")[0] for name in FIRMWARE}


@pytest.mark.parametrize("files", NO_CLOUD.values(), ids=NO_CLOUD)
def test_what_is_no_cloud_is_unknown(files, tmp_path):
    plant(tmp_path, files)
    assert identity(Settings(), str(tmp_path)) == Cloud()


AWS = {"cloud_name": "aws", "platform": "ec2", "region": "eu-central-1", "instance_id": "i-0123456789abcdef0"}


@pytest.mark.parametrize(
    ("v1", "cloud"),
    [
        (AWS, Cloud("aws", "eu-central-1", "i-0123456789abcdef0")),
        (
            {"cloud_name": "gce", "availability_zone": "europe-west3-c", "instance_id": 42},
            Cloud("gcp", "europe-west3-c", "42"),
        ),
        ({"cloud_name": "aliyun", "region": "cn-hangzhou"}, Cloud("alibaba", "cn-hangzhou")),
        ({"cloud_name": "brightbox", "region": None, "availability_zone": ""}, Cloud("brightbox")),
        ({"cloud_name": "hetzner", "region": "two\nlines", "instance_id": "x" * 200}, Cloud("hetzner")),
        ({"cloud_name": "nocloud", "region": "somewhere", "instance_id": "iid-local01"}, Cloud()),
        ({"cloud_name": "unknown"}, Cloud()),
        ({"cloud_name": ["aws"]}, Cloud()),
        ({}, Cloud()),
    ],
)
def test_cloud_init_tells_provider_region_and_instance(v1, cloud, tmp_path):
    plant(tmp_path, told(**v1))
    assert identity(Settings(), str(tmp_path)) == cloud


def test_cloud_init_counts_more_than_the_firmware(tmp_path):
    plant(tmp_path, {**FIRMWARE["openstack"], **told(cloud_name="hetzner", region="nbg1")})
    assert identity(Settings(), str(tmp_path)) == Cloud("hetzner", "nbg1")


def test_the_firmware_counts_where_cloud_init_knows_no_cloud(tmp_path):
    plant(tmp_path, {**FIRMWARE["hetzner"], **told(cloud_name="nocloud", region="x", instance_id="y")})
    assert identity(Settings(), str(tmp_path)) == Cloud("hetzner")


def test_the_configuration_counts_most_and_leaves_the_rest_to_be_found(tmp_path):
    plant(tmp_path, {**FIRMWARE["openstack"], **told(cloud_name="openstack", region="GRA11", instance_id="i-1")})
    assert identity(Settings("ovh"), str(tmp_path)) == Cloud("ovh", "GRA11", "i-1")
    assert identity(Settings("ovh", "here"), str(tmp_path)) == Cloud("ovh", "here", "i-1")
    assert identity(Settings(AUTO, None), str(tmp_path)) == Cloud("openstack", None, "i-1")


def test_nothing_is_told_where_the_configuration_switches_it_off(tmp_path):
    plant(tmp_path, {**FIRMWARE["hetzner"], **told(**AWS)})
    assert identity(Settings(None), str(tmp_path)) == Cloud()


keys = st.sampled_from(["v1", "cloud_name", "region"])
values = st.recursive(
    st.none() | st.text() | st.integers(), lambda below: st.lists(below) | st.dictionaries(keys, below)
)


@given(st.binary(max_size=200) | values.map(json.dumps))
def test_whatever_cloud_init_wrote_nothing_raises(content):
    with tempfile.TemporaryDirectory() as root:
        plant(Path(root), {INSTANCE_DATA: content})
        identity(Settings(), root)


@pytest.mark.parametrize("content", [b"[" * 200_000, b'{"v1": {"cloud_name": "aws"}' + b" " * 2_000_000 + b"}"])
def test_a_file_that_is_too_deep_or_too_long_tells_nothing(content, tmp_path):
    plant(tmp_path, {INSTANCE_DATA: content})
    assert identity(Settings(), str(tmp_path)) == Cloud()
