"""`recto eval train` and `recto eval ablation`: the light reranker's weights, and what each part of it gives.

It knows options and tables; what is learnt and measured is done by `eval.train_ranker`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import write, write_json

if TYPE_CHECKING:
    from eval.run import Bench


def register_ranker(kinds: Any, common: argparse.ArgumentParser) -> None:
    """Adds both commands to `recto eval`."""
    train = kinds.add_parser("train", parents=[common], help="learn the light reranker's weights from question sets")
    train.add_argument("set", metavar="SET", help="a folder with pdfs/ and questions.jsonl")
    train.add_argument("--no-ingest", action="store_true", help="refuse where documents are missing")
    train.add_argument("--folds", type=int, default=5, metavar="N", help="folds by document (default: 5)")
    train.add_argument("--out", metavar="FILE.toml", help="write the weights here")
    train.add_argument(
        "--presence", metavar="FILE.toml", help="learn when documents hold an answer instead; write it here"
    )
    train.set_defaults(run=_train)

    ablation = kinds.add_parser("ablation", parents=[common], help="what each part of the ranking gives")
    ablation.add_argument("set", metavar="SET", help="a folder with pdfs/ and questions.jsonl")
    ablation.add_argument("--no-ingest", action="store_true", help="refuse where documents are missing")
    ablation.add_argument("--folds", type=int, default=5, metavar="N", help="folds by document (default: 5)")
    ablation.set_defaults(run=_ablation)


def _train(arguments: argparse.Namespace) -> int:
    from eval.report import retrieval_table, write_file
    from eval.run import open_bench
    from eval.train_ranker import examples_of, learn, measure_scopes, out_of_fold, ranker_file, short_scores

    bench = open_bench(arguments)
    if arguments.presence:
        return _train_presence(bench, arguments)
    examples = examples_of(bench)
    reports = measure_scopes(bench, out_of_fold(examples, arguments.folds))
    ranker = learn(examples)
    text = ranker_file(ranker, bench, short_scores(reports))
    if arguments.out:
        write_file(Path(arguments.out), text)
    if arguments.json:
        write_json(
            {"out_of_fold": reports, "ranker": {"with_vectors": ranker.with_vectors, "by_words": ranker.by_words}}
        )
        return 0
    for scope, report in reports.items():
        write(f"out of fold, {scope}\n{retrieval_table(report)}\n")
    write(text)
    return 0


def _train_presence(bench: Bench, arguments: argparse.Namespace) -> int:
    from eval.negatives import all_asked
    from eval.report import presence_table, write_file
    from eval.train_presence import cases_of, learn_presence, out_of_fold, presence_figures, presence_file

    cases = cases_of(bench, all_asked(bench))
    figures = presence_figures(cases, out_of_fold(cases, arguments.folds))
    text = presence_file(learn_presence(cases), cases, figures)
    write_file(Path(arguments.presence), text)
    if arguments.json:
        write_json({"out_of_fold": figures})
    else:
        write(presence_table("out of fold", figures))
        write(text)
    return 0


def _ablation(arguments: argparse.Namespace) -> int:
    from eval.ablation import ablation_report, ablation_table
    from eval.run import open_bench

    report = ablation_report(open_bench(arguments), arguments.folds)
    if arguments.json:
        write_json(report)
    else:
        write(ablation_table(report["scopes"]))
    return 0
