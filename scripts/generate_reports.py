"""Generate activity reports of an invented platform whose truth is known.

`sample` writes the committed sample; `generate` writes as many records as wanted, and the truth.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from simulation.exporter import Losses
from simulation.generate import DEFAULT_LOSSES, Order, write_reports, write_sample
from warehouse.visible import SafeConsole

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
MEANINGS = {rate.name: rate.metadata["meaning"] for rate in fields(Losses)}


def rate_option(name: str) -> Any:
    """Return the option of one rate of `Losses`, 0 to 1."""
    return typer.Option(min=0.0, max=1.0, help=MEANINGS[name])


@app.command()
def sample(output: Annotated[Path, typer.Option(help="Folder of the sample.")] = Path("sample/reports")) -> None:
    """Write the committed sample: four downloads of the Harbour Learning Summit, and its unique users."""
    typer.echo("\n".join(map(str, write_sample(output))))


@app.command()
def generate(
    context: typer.Context,
    records: Annotated[int, typer.Option(min=1, help="Distinct records over all files and sites.")],
    output: Annotated[Path, typer.Option(help="Empty folder for the CSV files.")],
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    files: Annotated[int, typer.Option(min=1, help="Consecutive files per site.")] = 1,
    sites: Annotated[int, typer.Option(min=1, help="Sites, each in its own folder.")] = 1,
    truth: Annotated[Path | None, typer.Option(help="Parquet file for the true stays.")] = None,
    schedule: Annotated[Path | None, typer.Option(help="CSV for seeds/site/session_schedule.csv.")] = None,
    exhibitors: Annotated[Path | None, typer.Option(help="CSV for seeds/site/exhibitors.csv.")] = None,
    overlap: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of each file that is in the next one again.")
    ] = 0.0,
    repeat: Annotated[int, typer.Option(min=0, help="Files of each site downloaded again, with later edits.")] = 0,
    content_pages: Annotated[int, typer.Option(min=0, help="Files of one content page each, per site.")] = 0,
    user_histories: Annotated[int, typer.Option(min=0, help="Files of one user's history each, per site.")] = 0,
    lost_left: Annotated[float, rate_option("lost_left")] = DEFAULT_LOSSES.lost_left,
    reconnects: Annotated[float, rate_option("reconnects")] = DEFAULT_LOSSES.reconnects,
    same_second: Annotated[float, rate_option("same_second")] = DEFAULT_LOSSES.same_second,
    two_devices: Annotated[float, rate_option("two_devices")] = DEFAULT_LOSSES.two_devices,
    left_but_watching: Annotated[float, rate_option("left_but_watching")] = DEFAULT_LOSSES.left_but_watching,
    out_of_order: Annotated[float, rate_option("out_of_order")] = DEFAULT_LOSSES.out_of_order,
    edited_people: Annotated[float, rate_option("edited_people")] = DEFAULT_LOSSES.edited_people,
    renamed_sessions: Annotated[float, rate_option("renamed_sessions")] = DEFAULT_LOSSES.renamed_sessions,
    moved_sessions: Annotated[float, rate_option("moved_sessions")] = DEFAULT_LOSSES.moved_sessions,
    pulled_back: Annotated[float, rate_option("pulled_back")] = DEFAULT_LOSSES.pulled_back,
    staff_hops: Annotated[float, rate_option("staff_hops")] = DEFAULT_LOSSES.staff_hops,
) -> None:
    """Write reports of successive editions, and the truth beside them."""
    if any(output.glob("**/*.csv")):
        raise typer.BadParameter(f"{output} already holds CSV files; name an empty folder")
    losses = Losses(**{rate: context.params[rate] for rate in MEANINGS})
    kinds = {"repeats": repeat, "content_pages": content_pages, "user_histories": user_histories}
    order = Order(records, output, seed, files, sites, losses, truth, schedule, exhibitors, overlap, **kinds)
    console = SafeConsole(soft_wrap=False, stderr=True)
    columns = (TextColumn("records"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("records", total=records)
        written = write_reports(order, lambda count: progress.advance(task, count))
    typer.echo(f"{written} records in {output}")


if __name__ == "__main__":
    app()
