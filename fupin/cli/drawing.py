"""`fupin verify-draw FILE`: a public draw, drawn again from its proof alone."""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from fupin.cli.screen import out

commands = typer.Typer()
SHOWN = 20  # differences on the screen


@commands.command(name="verify-draw")
def verify_draw(
    proof: Annotated[Path, typer.Argument(help="From GET /v1/draws/{id}/proof.", exists=True, dir_okay=False)],
) -> None:
    """
    Draw again from a proof file: digest, days, every ticket and probability. 由证明文件重新抽取。

    Nothing else is needed: no server, no database, no network. Ends with exit code 1 when anything differs.
    """
    proofs: Any = import_module("services.inspection.rules.proof")  # the kernel knows no service, only its name
    differences, said = proofs.read(proof)
    if not differences:
        drawn = {name: sum(row["role"] == "MAIN" for row in said[name]) for name in ("villages", "households")}
        out.print(f"计划 plan: {said['plan']['plan_no']}", markup=False)
        out.print(f"摘要 digest: {said['frame']['digest']}", markup=False)
        out.print(f"事件 event: {said['seed_event']['event']}", markup=False)
        out.print(f"种子 seed: {said['seed']}", markup=False)
        out.print(f"村 villages: {drawn['villages']:,}; 户 households: {drawn['households']:,}", markup=False)
        out.print(str(proofs.HOLDS), markup=False)
        return
    for difference in differences[:SHOWN]:
        out.print(str(difference), style="red", markup=False)
    if len(differences) > SHOWN:
        out.print(f"另有 {len(differences) - SHOWN:,} 处。 And {len(differences) - SHOWN:,} more.", style="red")
    out.print("抽取不成立。 The draw does not hold.", style="red")
    raise typer.Exit(1)
