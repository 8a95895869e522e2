"""The documents' mistakes as rows: what they say, and the code, line and text that answer."""

from dataclasses import dataclass

from sovereign.diagnostics import Severity

from .cases import Edit

REST = '{ name = "rpool", type = "zfs", size = "rest" }'
CODE = 'recordsize = "128KiB", special_small_blocks = "16KiB"'
SPECIAL = 'special = { kind = "mirror", members = ["nvme-a.special", "nvme-b.special"] }'
HARDENING = 'hardening = "server"'
SHARE = '[samba.shares.code]\npath = "/ember/code"'
FIRST_HBA = '[[database.access]]\ntype = "host"\ndatabase = "emily"\nuser = "emily"\naddress = "10.20.0.0/24"'


@dataclass(frozen=True)
class Row:
    """A row of the decisions: what the documents say, and the code, line and text that answer."""

    row: str
    code: str
    severity: Severity
    line: str
    marked: str
    says: str
    host: tuple[Edit, ...] = ()
    fleet: tuple[Edit, ...] = ()

    def __str__(self) -> str:
        return f"{self.row}-{self.code}-{self.marked}"


def trust(kind: str, address: str = "") -> tuple[Edit, ...]:
    """A line of the documents' pg_hba.conf, before all others."""
    where = f'\naddress = "{address}"' if address else ""
    line = f'[[database.access]]\ntype = "{kind}"\ndatabase = "all"\nuser = "all"{where}'
    return ((FIRST_HBA, f'{line}\nmethod = "trust"\n\n{FIRST_HBA}'),)


def claim(share: str, rate: str) -> Edit:
    old = f'[expect.shares.{share}]\nthroughput = "100MB/s"'
    return old, old.replace("100MB/s", rate)


def port(name: str, ours: int, theirs: int) -> Edit:
    return f"{name} = {{ port = {ours} }}", f"{name} = {{ port = {theirs} }}"


E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE
ROWS = (
    Row(
        "S1",
        "STO001",
        E,
        '  { name = "rpool", type = "zfs", size = "1600GiB" },',
        '"1600GiB"',
        "0.5 GiB + 32.0 GiB + 200.0 GiB + 64.0 GiB + 1600.0 GiB = 1896.5 GiB on 2000398934016 B"
        " = 1863.0 GiB",
        (
            (REST, REST.replace("rest", "1600GiB")),
            ('type = "esp", size = "1GiB"', 'type = "esp", size = "512MiB"'),
        ),
    ),
    Row(
        "S2",
        "STO022",
        W,
        '  { name = "special", type = "zfs", size = "64GiB" },',
        '"64GiB"',
        "the special vdev of ember is 0.04% of the pool",
    ),
    Row(
        "S3",
        "STO023",
        W,
        'code = { mount = "/ember/code", recordsize = "16KiB", special_small_blocks = "16KiB" }',
        '"16KiB"',
        "special_small_blocks 16KiB >= recordsize 16KiB",
        ((CODE, CODE.replace("128KiB", "16KiB")),),
    ),
    Row(
        "S3",
        "STO041",
        E,
        'nix = { mount = "/nix/store", recordsize = "16KiB", special_small_blocks = "0B" }',
        '"/nix/store"',
        "hides /nix/store",
        (('mount = "/ember/nix"', 'mount = "/nix/store"'),),
    ),
    Row("S4", "STO020", W, SPECIAL, SPECIAL.removeprefix("special = "), "its special vdev only 1"),
    Row(
        "S5",
        "STO060",
        W,
        'usable = "120TB"',
        '"120TB"',
        "ember holds 111.7 TB (101.6 TiB), not 120.0 TB (109.1 TiB)",
        (('usable = "111TB"', 'usable = "120TB"'),),
    ),
    *(
        Row(
            "S6",
            "STO062",
            N,
            f'rebuild = "{hours}h"',
            f'"{hours}h"',
            "53 h at 50 MB/s",
            (('rebuild = "60h"', f'rebuild = "{hours}h"'),),
        )
        # The documents' dRAID figures, which raidz does not reach; their 55 to 60 h are sound.
        for hours in (15, 25)
    ),
    Row(
        "S7",
        "BOOT006",
        W,
        "esps = [",
        "[",
        "no loader is installed on nvme-b.esp",
        (('  { partition = "nvme-b.esp", mount = "/boot-b" },\n', ""),),
    ),
    Row(
        "S7",
        "STO005",
        E,
        'members = ["nvme-a.nix", "nvme-b.nix", "nvme-b.esp"]',
        '"nvme-b.esp"',
        "is an ESP and a member of array nix",
        (('["nvme-a.nix", "nvme-b.nix"]', '["nvme-a.nix", "nvme-b.nix", "nvme-b.esp"]'),),
    ),
    Row(
        "S8",
        "STO051",
        W,
        'members = ["nvme-a.swap"]',
        '["nvme-a.swap"]',
        "swap uses nvme-a.swap and not nvme-b.swap",
        (('["nvme-a.swap", "nvme-b.swap"]', '["nvme-a.swap"]'),),
    ),
    Row(
        "S11",
        "BOOT002",
        W,
        '  { name = "esp", type = "esp", size = "512MiB" },',
        '"512MiB"',
        "512.0 MiB keep 2 generations of 165.0 MiB",
        (('type = "esp", size = "1GiB"', 'type = "esp", size = "512MiB"'),),
    ),
    Row(
        "H1",
        "BOOT021",
        E,
        'parameters = ["mem_encrypt=on"]',
        '"mem_encrypt=on"',
        "mem_encrypt=on is AMD's SME",
        ((HARDENING, f'{HARDENING}\nparameters = ["mem_encrypt=on"]'),),
    ),
    Row(
        "H1",
        "BOOT020",
        E,
        'confidential = "sev-snp"',
        '"sev-snp"',
        "Intel Xeon E5-2690 v4 has no SEV-SNP",
        ((HARDENING, f'{HARDENING}\nconfidential = "sev-snp"'),),
    ),
    Row(
        "H2",
        "HW001",
        E,
        'inference = "vllm"',
        '"vllm"',
        "vLLM needs compute capability 7.0, Tesla P4 has 6.1",
        (('inference = "llama-cpp"', 'inference = "vllm"'),),
    ),
    Row(
        "H4",
        "BOOT030",
        E,
        "measured = true",
        "true",
        "the inventory states no TPM",
        ((HARDENING, f"{HARDENING}\nmeasured = true"),),
    ),
    *(
        Row(
            "N1",
            "THR001",
            W,
            f'throughput = "{rate}"',
            f'"{rate}"',
            "its path gives 113 MB/s at most",
            (claim("code", rate),),
        )
        for rate in ("300MB/s", "400MB/s")
    ),
    Row(
        "N1",
        "THR002",
        W,
        "channels = 4",
        "4",
        "its path gives 1",
        (
            (
                '[expect.shares.code]\nthroughput = "100MB/s"',
                '[expect.shares.code]\nchannels = 4\nthroughput = "100MB/s"',
            ),
        ),
    ),
    Row(
        "N2",
        "SMB001",
        E,
        "guest = true",
        "true",
        "lets anybody in without a password",
        ((SHARE, f"{SHARE}\nguest = true"),),
    ),
    Row(
        "N2",
        "SMB005",
        E,
        'path = "/mnt/zpool/emily"',
        '"/mnt/zpool/emily"',
        "is on the root in memory",
        ((SHARE, SHARE.replace("/ember/code", "/mnt/zpool/emily")),),
    ),
    Row(
        "N3",
        "SMB002",
        W,
        'encryption = "required"',
        '"required"',
        "silently drops multichannel to one channel",
        (
            (
                '[samba]\nzones = ["vpn", "data"]',
                '[samba]\nencryption = "required"\nzones = ["vpn", "data"]',
            ),
        ),
    ),
    Row(
        "N4",
        "POL006",
        N,
        "data = []",
        "[]",
        'the empty row from "ai" to "data" changes nothing',
        fleet=(('[policy.ai]\nhome = ["https"]', '[policy.ai]\nhome = ["https"]\ndata = []'),),
    ),
    *(
        Row(
            "N5",
            "DB001",
            E,
            'method = "trust"',
            '"trust"',
            "every process of this host may be any role, the superuser too, without a password",
            trust(kind, address),
        )
        for kind, address in (("local", ""), ("host", "127.0.0.1/32"), ("host", "::1/128"))
    ),
    *(
        Row("N9", "PRT001", E, line, f"{number}", f"port {number}/tcp belongs to", fleet=edits)
        for number, line, edits in (
            (8080, "infisical = { port = 8080 }", (port("infisical", 8090, 8080),)),
            (8081, "hubble = { port = 8081 }", (port("hubble", 8091, 8081),)),
            (
                3000,
                "grafana = { port = 3000 }",
                (port("langfuse", 3001, 3000), port("grafana", 3002, 3000)),
            ),
            (8000, "docs = { port = 8000 }", (port("docs", 8092, 8000),)),
        )
    ),
)
