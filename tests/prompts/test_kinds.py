"""What kind of answer a question asks for."""

import pytest

from prompts.kinds import Kind, kind_of


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who founded the company?", Kind.FACT),
        ("What was the revenue in 2021?", Kind.FACT),
        ("公司的营业收入是多少？", Kind.FACT),
        ("Is the ferry older than the bridge?", Kind.COMPARISON),
        ("Which plant is larger, Berlin or Kiel?", Kind.COMPARISON),
        ("Compare the revenue of 2020 and 2021.", Kind.COMPARISON),
        ("两家公司的毛利率有什么差异？", Kind.COMPARISON),
        ("Summarise the report.", Kind.SUMMARY),
        ("Give me an overview of section 3", Kind.SUMMARY),
        ("What is this document about?", Kind.SUMMARY),
        ("请总结第三章", Kind.SUMMARY),
        ("这份报告的主要内容是什么？", Kind.SUMMARY),
        ("这份文档讲了什么？", Kind.SUMMARY),
        ("這份文件的重點是什麼", Kind.SUMMARY),
        ("公司的重点项目由谁负责？", Kind.FACT),
        ("tl;dr", Kind.SUMMARY),
        ("How many subsidiaries are there?", Kind.COUNT),
        ("公司有几家子公司？", Kind.COUNT),
        ("List all risk factors", Kind.LIST),
        ("What are the products?", Kind.LIST),
        ("公司有哪些产品？", Kind.LIST),
        ("When was it built, and who paid for it?", Kind.SEVERAL),
        ("When was it built? Who paid for it?", Kind.SEVERAL),
        ("公司何时成立，由谁创办？", Kind.SEVERAL),
    ],
)
def test_kinds(question: str, kind: Kind) -> None:
    assert kind_of(question) is kind
