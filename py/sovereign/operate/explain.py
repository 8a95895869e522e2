"""All codes, from the loader, the review and the option check, with their reasons."""

from collections.abc import Mapping
from difflib import get_close_matches

from sovereign.diagnostics import Explanation
from sovereign.errors import UsageError
from sovereign.inventory import codes
from sovereign.nix.options.check import CODES as OPTION_CODES
from sovereign.review.run import CODES as REVIEW_CODES
from sovereign.review.run import rules

_TOOL = {
    explanation.code: explanation
    for explanation in (
        Explanation(
            "EXP001",
            "A file of expectations cannot be read",
            "It is hosts/HOST/generated/expectations.json, which sovereign generate writes.",
        ),
        Explanation(
            "GEN001",
            "A generator made a text that does not parse",
            "Every module is parsed before anything is written. This is a fault of the generator, not"
            " of the inventory: please report it with the host's file.",
        ),
        Explanation(
            "INI001", "The folder holds a fleet already", "A new fleet overwrites nothing."
        ),
        Explanation(
            "INV000",
            "The inventory cannot be used",
            "Nothing is reviewed or written until all files can be read; each error stands above.",
        ),
        Explanation(
            "NIX001",
            "A value has no form in Nix",
            "Nix has no NUL in a string, no integer beyond 64 bits, no infinite number. What cannot be"
            " read back as the same value is not written.",
            "https://nix.dev/manual/nix/2.26/language/types",
        ),
        Explanation(
            "OPT100",
            "An option index cannot be read",
            "It is the options.json that nixpkgs builds: nix build .#option-index.",
        ),
        Explanation(
            "REH001",
            "The world of a rehearsal could not be built",
            "The hint is its last word; --keep DIR leaves all logs in a folder.",
        ),
        Explanation(
            "REH002",
            "A machine of a rehearsal did not start",
            "systemd-nspawn's last line is given; --keep DIR leaves its log.",
        ),
        Explanation(
            "REH003",
            "What a rehearsal needs is not on this machine",
            "Without Nix nothing can be evaluated, and without a folder for its cache nothing kept. Where only root or another tool is missing, hosts are evaluated and rendered, and each check is skipped.",
        ),
        Explanation(
            "REH010",
            "Nix does not evaluate the host",
            "The message is Nix's own. A rehearsal takes every value from the evaluated modules.",
        ),
        Explanation(
            "REH011",
            "An evaluated value is not of the form that its option allows",
            "The rehearsal reads what NixOS's options evaluate to; this one it does not know.",
        ),
        Explanation(
            "REH012",
            "A guest of the vm tier did not start or did not answer",
            "The console's log lies in the run folder: --keep DIR.",
        ),
        Explanation(
            "REH020",
            "A unit's options cannot be written as a unit file",
            "The rehearsal has no program for a store path that the unit names.",
        ),
        Explanation(
            "REH021",
            "What a stage of the vm tier was to prove is not so",
            "The message says what was seen instead.",
        ),
        Explanation(
            "REH022",
            "A boot partition of the vm tier cannot be made",
            "It is laid out by the lines of format.sh; the message names what is missing in them.",
        ),
        Explanation(
            "REH030",
            "No mirror of Debian is known",
            "It is read from apt's sources on this machine; SOVEREIGN_DEBIAN_MIRROR names another.",
        ),
        Explanation(
            "REH031",
            "A root folder of Debian could not be made",
            "The message is mmdebstrap's or pip's last line; the log's place is given. The next run begins it anew.",
        ),
        Explanation(
            "REH032",
            "networkd's options cannot be written as a file",
            "A value has no form in networkd's syntax.",
        ),
        Explanation("SOV001", "The work failed", "The message says what to mend."),
        Explanation("SOV002", "The command was called with words that do not fit", "See --help."),
        Explanation(
            "SOV003", "A program is missing or failed", "The message names it and its last words."
        ),
        Explanation(
            "SOV004",
            "A file cannot be written",
            "Files are replaced whole: the one that was there is still as it was.",
        ),
        Explanation("SOV005", "A file or stream cannot be used", "The system's reason is given."),
        Explanation("SOV006", "There is not enough memory", "A fleet takes about 0.2 MB a host."),
        Explanation(
            "TXT001",
            "A value has no form in the language it is written in",
            "A newline in a shell word or a control character in a comment could become code.",
        ),
        Explanation(
            "TXT002",
            "A template is wrong",
            "A template prints values where code stands, and holds nothing but text and loops. This is"
            " a fault of the generator.",
        ),
        Explanation(
            "VER001",
            "A host or vantage cannot be reached",
            "Nothing was checked from there. SPEC is local://, ssh://USER@HOST:PORT or nsenter://PID.",
        ),
        Explanation(
            "VER002",
            "Results of the suite cannot be read",
            "The suite writes them whole or not at all.",
        ),
        Explanation(
            "VER003",
            "A file that says what is unproven or stood in for cannot be read",
            "It is a JSON list of id and reason, or id and text.",
        ),
        Explanation(
            "VER004",
            "Not every expectation was looked at",
            "The suite was interrupted; what it saw is not a result.",
        ),
        Explanation(
            "VER005",
            "A check of a host failed",
            "What the inventory asks for at this key is not so on the host; the message says what was found.",
        ),
        Explanation(
            "VER006",
            "The packages that look at hosts are not installed",
            "They are an extra of their own: pip install 'sovereign[verify]'.",
        ),
        Explanation(
            "VER007",
            "It is not known where a host takes SSH",
            "Its address comes by DHCP in every zone that may connect: name it with --hosts.",
        ),
    )
}


def explanations() -> Mapping[str, Explanation]:
    """Every code with its explanation, in order."""
    own = {**_TOOL, **codes.CODES, **REVIEW_CODES, **OPTION_CODES}
    return dict(sorted((own | {c: rule.explanation for c, rule in rules().items()}).items()))


def explain(code: str) -> Explanation:
    """The explanation of a code. Raises UsageError for one that does not exist."""
    known = explanations()
    found = known.get(code.upper())
    if found is None:
        near = get_close_matches(code.upper(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else "list all: sovereign explain"
        raise UsageError(f'no code is called "{code}"', hint=hint)
    return found
