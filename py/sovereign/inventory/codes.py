"""The codes of what can be wrong with an inventory before it is even reviewed."""

from sovereign.diagnostics import Explanation

_TOML = "https://toml.io/en/v1.0.0"

CODES = {
    explanation.code: explanation
    for explanation in (
        Explanation(
            "INV001",
            "The file is no TOML",
            "The inventory is written in TOML 1.0. Nothing in a file counts until all of it parses.",
            _TOML,
        ),
        Explanation("INV002", "The file is no UTF-8", "TOML files are UTF-8 texts.", _TOML),
        Explanation(
            "INV003",
            "A file is missing or cannot be read",
            "A fleet is hosts/fleet.toml and one hosts/<name>/host.toml for each host.",
        ),
        Explanation(
            "INV004",
            "A folder's name is no host name",
            "The folder under hosts/ names the host, in small letters, digits and hyphens (RFC 1123).",
            "https://www.rfc-editor.org/rfc/rfc1123#section-2.1",
        ),
        Explanation(
            "INV010",
            "A key is not known",
            "Unknown keys are refused: a misspelt key that is silently ignored is a setting that is"
            " believed to hold and does not.",
            "https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.extra",
        ),
        Explanation("INV011", "A key is missing", "The key has no default that suits every host."),
        Explanation(
            "INV012",
            "A value has the wrong type",
            "Values are not converted: the string "
            '"22" is no port, and 1 is no truth. What a file says is what it means.',
            "https://docs.pydantic.dev/latest/concepts/strict_mode/",
        ),
        Explanation(
            "INV013",
            "A value is not written as it must be",
            "Names, addresses, keys, sizes, rates and durations have one spelling each. Sizes and"
            " rates carry their unit, because a bare number leaves it to be guessed: 64 GB are 59.6 GiB.",
            "https://physics.nist.gov/cuu/Units/binary.html",
        ),
        Explanation(
            "INV014", "A number is out of range", "The program that takes the number refuses it."
        ),
        Explanation(
            "INV015", "A word is not one of those allowed", "The setting takes one of a few words."
        ),
        Explanation(
            "INV016",
            "A secret stands where a reference belongs",
            "The inventory and what is generated from it are committed, and the Nix store can be"
            " read by every account of a host. A secret is therefore named by the path of a file on"
            " the host, with its owner and mode, and is read at run time.",
            "https://systemd.io/CREDENTIALS/",
        ),
        Explanation(
            "INV017",
            "A character has no place in a line of text",
            "Newlines, control characters and characters that turn the direction of writing can"
            " make a text look like something else, or end the line that a program reads.",
            "https://trojansource.codes/",
        ),
        Explanation(
            "INV020",
            "A name refers to nothing",
            "Zones, ports, tunnels, peers, operators, disks and partitions are named where they are"
            " described; elsewhere they are referred to by that name.",
        ),
        Explanation(
            "INV021",
            "The same name is described twice",
            "A name that stands for two things cannot be referred to.",
        ),
    )
}
