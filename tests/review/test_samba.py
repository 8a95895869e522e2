"""Who gets in to shares, what is encrypted, and whether the folder is there."""

import pytest

from sovereign.review import samba

from .cases import Case, Sound, assert_found, assert_sound
from .conftest import Draft

CODE = 'description = "Source code"'
SERVER = '[samba]\nzones = ["vpn", "data"]'

FOUND = [
    Case(
        samba.open_to_guests,
        "true",
        'share "code" lets anybody in without a password',
        ((CODE, f"{CODE}\nguest = true"),),
    ),
    Case(
        samba.encryption_drops_channels,
        '"required"',
        "silently drops multichannel to one channel",
        ((SERVER, f'{SERVER}\nencryption = "required"'),),
    ),
    Case(
        samba.unencrypted,
        '"desired"',
        "it can be reached from the zones vpn, data",
        ((CODE, f'{CODE}\nencryption = "desired"'),),
    ),
    Case(
        samba.encryption_is_off,
        '"required"',
        'share "code" requires encryption, which is off',
        (
            (SERVER, f'{SERVER}\nencryption = "off"'),
            (CODE, f'{CODE}\nencryption = "required"'),
            ('description = "Models"', 'encryption = "off"'),
            ('description = "Archives"', 'encryption = "off"'),
        ),
    ),
    Case(
        samba.folder_is_lost,
        '"/srv/code"',
        '"/srv/code" of share "code" is on the root in memory',
        (('path = "/ember/code"', 'path = "/srv/code"'),),
    ),
    Case(
        samba.folder_is_lost,
        '"/mnt/zpool/emily"',
        "no dataset, pool, array or persisted directory holds it",
        (('path = "/ember/code"', 'path = "/mnt/zpool/emily"'),),
    ),
    Case(
        samba.no_users,
        "[]",
        'share "code" lists no users, which to Samba means all of them',
        (('drive = "Z"\nusers = ["colter"]', 'drive = "Z"\nusers = []'),),
    ),
    Case(
        samba.same_letter,
        '"Z"',
        'the shares "code" and "models" both want drive Z:',
        (('drive = "M"', 'drive = "Z"'),),
    ),
    Case(
        samba.open_to_the_internet,
        '"internet"',
        "everybody on the internet reaches the SMB server",
        ((SERVER, '[samba]\nzones = ["vpn", "internet"]'),),
    ),
    Case(
        samba.other_port,
        '"open-webui"',
        "listens on port 3000, Windows connects to 445",
        ((SERVER, f'{SERVER}\nport = "open-webui"'),),
    ),
    Case(
        samba.account_of_its_own,
        "[samba.users.emily]",
        '"emily" is no operator here',
        host_end='[samba.users.emily]\npassword = { path = "/persist/secrets/samba/emily" }',
    ),
]

SOUND = [
    Sound(
        samba.encryption_drops_channels,
        "without multichannel nothing is lost",
        ((SERVER, f'{SERVER}\nencryption = "required"\nmultichannel = false'),),
    ),
    Sound(
        samba.same_letter,
        "shares without a letter",
        (('drive = "Z"\n', ""), ('drive = "M"\n', "")),
    ),
    Sound(
        samba.unencrypted,
        "the server requires it of all",
        (
            (CODE, f'{CODE}\nencryption = "desired"'),
            (SERVER, f'{SERVER}\nencryption = "required"'),
        ),
    ),
    Sound(
        samba.folder_is_lost,
        "a folder below a dataset",
        (('path = "/ember/code"', 'path = "/ember/code/emily"'),),
    ),
    Sound(
        samba.folder_is_lost,
        "a persisted directory",
        (('path = "/ember/code"', 'path = "/var/lib/samba/share"'),),
    ),
]


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_a_share_is_no_good(case: Case, committed: Draft) -> None:
    assert_found(case, committed)


@pytest.mark.parametrize("case", SOUND, ids=str)
def test_a_share_is_sound(case: Sound, committed: Draft) -> None:
    assert_sound(case, committed)


def test_encryption_off_for_the_server_is_found_where_it_is_written(committed: Draft) -> None:
    draft = committed.host(SERVER, f'{SERVER}\nencryption = "off"')
    findings = draft.findings(samba.encryption_is_off)
    assert {draft.place(found).marked for found in findings} == {'"off"'}
