"""`sovereign explain`: the reason behind a code."""

import rich_click as click
from click.shell_completion import CompletionItem

from sovereign.cli.output import json_option


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    del ctx, param
    from sovereign.operate.explain import explanations

    return [
        CompletionItem(c, help=e.title)
        for c, e in explanations().items()
        if c.startswith(incomplete)
    ]


@click.command("explain")
@click.argument("code", required=False, shell_complete=_complete)
@json_option
def command(code: str | None, as_json: bool) -> None:
    """Tell why a code is reported, and where that is known from; without CODE, list all.

    Example: sovereign explain INV012
    """
    from dataclasses import asdict
    from textwrap import fill

    from sovereign.cli.output import answer, answer_json
    from sovereign.operate.explain import explain, explanations

    if code is None:
        if as_json:
            answer_json([asdict(e) for e in explanations().values()])
        else:
            answer("\n".join(f"{c}  {e.title}" for c, e in explanations().items()))
        return
    found = explain(code)
    if as_json:
        answer_json(asdict(found))
    else:
        source = f"\n\nSource: {found.source}" if found.source else ""
        answer(f"{found.code}: {found.title}\n\n{fill(found.why, 88)}{source}")
