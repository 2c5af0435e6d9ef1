"""Cross-encoders: what they say of a passage, and what that changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import made_models
import numpy as np
import pytest
from fakes import Shelf
from made_words import PlainEmbedder, put

from ingest.errors import BadSetup
from ingest.store import Library
from retrieval.cross_encoder import load_reranker
from retrieval.explain import Trace
from retrieval.hits import PAGE_NAMED, FoundBy
from retrieval.reranking import RERANKER, rerank
from retrieval.search import Searcher, SearchOptions

QUESTION = "when does the ferry leave?"
TEXTS = ["the ferry leaves at noon", "tea", "harbour dues are paid in advance. " * 40]


class Shortest:
    """Prefers short passages: 1 / their length in words."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        self.read += texts
        return [1 / len(text.split()) for text in texts]


def test_a_cross_encoder_scores_as_its_own_library_does(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = made_models.cross_encoder(tmp_path / "reranker")
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    expected = []
    for text in TEXTS:
        with torch.no_grad():
            pair = tokenizer(QUESTION, text, return_tensors="pt", truncation=True)
            expected.append(float(torch.sigmoid(model(**pair).logits[0, 0])))
    assert load_reranker(folder).scores(QUESTION, TEXTS) == pytest.approx(expected, abs=1e-5)
    assert np.ptp(expected) > 1e-3, "the model can tell them apart"


def test_a_language_model_is_asked_for_yes_or_no(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = made_models.yes_no(tmp_path / "reranker")
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    scores = load_reranker(folder).scores(QUESTION, TEXTS[:2])
    instruct = "Given a web search query, retrieve relevant passages that answer the query"
    for text, score in zip(TEXTS, scores, strict=False):
        prompt = (
            "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the "
            'Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
            f"<Instruct>: {instruct}\n<Query>: {QUESTION}\n<Document>: {text}"
            "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
        )
        with torch.no_grad():
            logits = model(**tokenizer(prompt, return_tensors="pt", add_special_tokens=False)).logits[0, -1]
        yes, no = (tokenizer.get_vocab()[word] for word in ("yes", "no"))
        assert score == pytest.approx(float(torch.softmax(logits[[yes, no]], 0)[0]), abs=1e-5)


def test_what_is_no_reranker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetup, match="is no reranker: it is a BertModel"):
        load_reranker(made_models.encoder(tmp_path / "encoder"))
    with pytest.raises(BadSetup, match="cannot be loaded"):
        load_reranker(tmp_path / "nothing")
    pickled = made_models.cross_encoder(tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(BadSetup, match="opens no pickle"):
        load_reranker(pickled)


def test_the_best_are_ranked_anew_and_the_rest_stay_below() -> None:
    shelf = Shelf()
    hits = [shelf.hit(text) for text in ("one two three four", "one", "one two", "one two three", "a b c d e")]
    ranked, told = rerank(QUESTION, hits, Shortest(), 3)
    assert [hit.chunk.text for hit in ranked] == ["one", "one two", "one two three four", "one two three", "a b c d e"]
    assert [(one.before, one.after, one.score) for one in told] == [(2, 1, 1.0), (3, 2, 0.5), (1, 3, 0.25)]
    assert [hit.score for hit in ranked] == sorted((hit.score for hit in ranked), reverse=True)
    assert ranked[0].found_by[-1].branch == RERANKER and ranked[0].found_by[-1].rank == 1
    assert all(by.branch != RERANKER for by in ranked[3].found_by)
    assert rerank(QUESTION, [], Shortest(), 3) == ([], [])


def test_pages_that_the_question_names_stay_first() -> None:
    shelf = Shelf()
    named = replace(shelf.hit("one two three four"), found_by=(FoundBy(PAGE_NAMED, 1, 1.0),))
    ranked, told = rerank(QUESTION, [shelf.hit("one two"), named, shelf.hit("one")], Shortest(), 3)
    assert [(hit.chunk.text, hit.score) for hit in ranked] == [
        ("one two three four", 1.25),
        ("one", 1.0),
        ("one two", 0.5),
    ]
    assert [one.score for one in told] == [0.25, 1.0, 0.5]


def test_the_trace_says_what_the_reranker_changed(tmp_path: Path) -> None:
    library = Library(tmp_path / "library")
    texts = ("gadget gadget gadget gadget beside other words", "gadget", "gadget of a kind")
    document = put(library, "a.pdf", *texts, embedder=PlainEmbedder())
    options, reader, trace = SearchOptions(read_anew=2), Shortest(), Trace()
    plain = Searcher(library, PlainEmbedder())
    searcher = Searcher(library, PlainEmbedder(), options, reranker=reader)
    before = plain.search("gadget", [document])
    after = searcher.search("gadget", [document], 1, trace=trace)
    assert reader.read == [hit.chunk.text for hit in before[:2]], "as many are read as was said, whatever k"
    assert len(after) == 1 and after[0].chunk.text == min(reader.read, key=len)
    moved = next(one for one in trace.reranked if one.after == 1)
    assert before[moved.before - 1].chunk.ordinal == moved.ordinal == after[0].chunk.ordinal
    assert trace.seconds["reranker"] > 0
    plain.close()
    searcher.close()
