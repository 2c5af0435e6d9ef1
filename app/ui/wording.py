"""Every word that the page shows, in English and Chinese. It knows nothing of when they are shown."""

from __future__ import annotations

from app.page_words import Language
from ingest.records import Document, State

_WORDS: dict[str, tuple[str, str]] = {
    "tagline": ("Answers you can see on the page", "每句回答都能在原文上看到"),
    "language": ("English", "中文"),
    "documents": ("Documents", "文档"),
    "drop": ("Drop PDFs or pictures here, or choose files", "把 PDF 或图片拖到这里，或点击选择"),
    "uploading": ("Uploading…", "正在上传…"),
    "asking_all": ("Questions go to all of them", "提问范围：全部文档"),
    "asking_some": ("Questions go to the {n} ticked", "提问范围：已勾选的 {n} 个"),
    "asking_pages": ("Questions go to pages of {document}", "提问范围：{document} 的部分页面"),
    "ask_here": ("ask only here", "只问这里"),
    "ask_only": ("Only", "仅限"),
    "ask_whole": ("Ask all again", "取消范围限制"),
    "ask_pages": ("Ask only these pages, counted from the first", "只问这些页（从第一页数起）"),
    "ask_pages_like": ("such as 12-30, 41", "如 12-30, 41"),
    "asking_none": ("Tick a document to ask about", "请勾选要提问的文档"),
    "document_search": ("Search documents…", "搜索文档…"),
    "collection": ("Collection", "文档集"),
    "all_collections": ("all collections", "全部文档集"),
    "order": ("Order", "排序"),
    "order_added": ("as added", "按添加顺序"),
    "order_name": ("by name", "按名称"),
    "order_trouble": ("unfinished first", "未完成的在前"),
    "ask_these": ("Ask only these", "只提问这些"),
    "more_documents": ("and {n} more: search for them", "还有 {n} 个，请搜索"),
    "no_documents": ("No document fits.", "没有匹配的文档。"),
    "remove": ("Remove", "删除"),
    "remove_sure": ("Remove it and all that was read from it?", "删除该文档及其全部内容？"),
    "cancel_reading": ("Stop reading it", "停止处理"),
    "resume_reading": ("Read it after all", "继续处理"),
    "collection_rename": ("Rename the collection", "重命名文档集"),
    "collection_remove": ("Remove the collection", "删除文档集"),
    "collection_sure": ("Remove the collection “{name}” with {n} documents?", "删除文档集“{name}”（{n} 个文档）？"),
    "collection_keep": ("Move them to “{name}”", "将文档移到“{name}”"),
    "collection_remove_all": ("Remove them too", "连同文档一起删除"),
    "move_ticked": ("Move the {n} ticked into a collection…", "将已勾选的 {n} 个移到文档集…"),
    "keep": ("Keep", "保留"),
    "waiting": ("waiting", "等待处理"),
    "parsing": ("reading pages {done}/{pages}", "解析中 {done}/{pages} 页"),
    "parsing_start": ("reading…", "解析中…"),
    "pictures": ("searchable, reading pictures: {done}/{pages} pages", "已可检索，正在识别图片：{done}/{pages} 页"),
    "seconds_left": ("less than a minute left", "剩余不到 1 分钟"),
    "minutes_left": ("about {n} min left", "约剩 {n} 分钟"),
    "embedding": ("searchable, embedding…", "已可检索，正在生成向量…"),
    "again_waiting": ("searchable, waiting to be read anew", "可检索，等待重新解析"),
    "again_start": ("searchable, reading anew…", "可检索，正在重新解析…"),
    "again": ("searchable, reading anew: {done}/{pages} pages", "可检索，正在重新解析：{done}/{pages} 页"),
    "still": ("still searchable as before", "仍可按原内容检索"),
    "indexed": ("indexed {pages} pages", "已索引 {pages} 页"),
    "figures": (
        "indexed {pages} pages, pictures on {left} still to be read",
        "已索引 {pages} 页，尚有 {left} 页的图片待识别",
    ),
    "indexed_one": ("indexed 1 page", "已索引 1 页"),
    "indexed_partial": ("indexed {pages} pages, not all of it", "已索引 {pages} 页，部分内容缺失"),
    "needs_password": ("needs a password", "需要密码"),
    "no_text": ("no text found in it", "没有可读的文字"),
    "not_pdf": ("no PDF or picture", "不是 PDF 或图片"),
    "damaged": ("damaged", "文件已损坏"),
    "too_big": ("too big", "文件过大"),
    "timeout": ("took too long", "处理超时"),
    "memory": ("needed too much memory", "内存不足"),
    "crashed": ("the reader crashed on it", "解析时崩溃"),
    "cancelled": ("cancelled", "已取消"),
    "failed_storage": ("could not be stored", "无法保存"),
    "welcome": ("Ask your documents", "向你的文档提问"),
    "welcome_empty": ("Drop PDFs or pictures to begin", "拖入 PDF 或图片即可开始"),
    "welcome_text": (
        "Every sentence of an answer carries its proof: press a number, see the words boxed on the page.",
        "回答中的每句话都有出处：点击编号，即可看到原文中被框出的词句。",
    ),
    "suggestions": ("Questions to try", "试试这些问题"),
    "try": ("Try one of these", "试试这些问题"),
    "placeholder": ("Ask a question…", "输入问题…"),
    "searching": ("Looking through the documents…", "正在检索文档…"),
    "found": ("Reading {n} passages…", "正在阅读 {n} 段内容…"),
    "found_one": ("Reading 1 passage…", "正在阅读 1 段内容…"),
    "proof": ("Proof", "出处"),
    "read_as": ("read: {grade}", "识别质量：{grade}"),
    "reread": ("Read this page again from its picture", "根据页面图像重新识别本页"),
    "rereading": ("reading its picture…", "正在识别页面图像…"),
    "reread_failed": ("its picture could not be read", "页面图像识别失败"),
    "unsure": ("underlined words are not sure", "带下划线的字词识别不确定"),
    "page_of": ("{number} / {pages}", "{number} / {pages}"),
    "partly": ("partly supported", "仅部分有依据"),
    "not_found": ("not found in the documents", "文档中未找到依据"),
    "contradicted": ("the documents say otherwise", "与文档内容相反"),
    "unchecked": ("not checked", "未核对"),
    "not_verified": ("quote not found word for word", "引文未能逐字核实"),
    "refused": ("No answer in these documents", "这些文档中没有答案"),
    "refused_text": (
        "Nothing in them answers this question. Try other words, or add the document that should know.",
        "其中没有能回答该问题的内容。可以换个说法，或添加相关文档。",
    ),
    "incomplete": ("The answer broke off before its end.", "回答未完成就中断了。"),
    "stopped": ("Stopped.", "已停止。"),
    "failed": ("Something went wrong inside Recto; the server's log says what.", "Recto 内部出错，详情见服务器日志。"),
    "removed": ("[document removed]", "[文档已删除]"),
    "no_model": (
        "No model server: answers are quotes from the documents",
        "未连接模型服务：回答均为文档原文摘录",
    ),
    "model": ("Answers are written by the model at {url}", "回答由模型生成：{url}"),
    "strategy": ("How to answer", "回答方式"),
    "each": ("each document by itself", "逐个文档回答"),
    "each_title": ("Ask every document by itself and show a row for each", "分别向每个文档提问，每个文档一行"),
    "each_progress": ("{n} of {all} documents asked…", "已询问 {n}/{all} 个文档…"),
    "each_document": ("Document", "文档"),
    "each_answer": ("Answer", "回答"),
    "each_none": ("not found", "未找到"),
    "found_only": ("{n} passages", "{n} 段内容"),
    "found_none": ("No passage fits.", "没有匹配的内容。"),
    "again_ask": ("Ask again…", "换一种方式再问…"),
    "scores": ("Scores, best passage first", "得分（从最相关的段落起）"),
    "library": ("Library", "文档库"),
    "library_look": ("How well their pages were read", "各页识别质量"),
    "library_facts": ("{documents} documents, {pages} pages", "{documents} 个文档，{pages} 页"),
    "pages_good": ("{good} of {pages} good", "{pages} 页中 {good} 页良好"),
    "more_worse": ("and {n} more, read no worse", "另有 {n} 个，识别质量不低于以上"),
    "save": ("Save", "保存"),
    "print_title": ("Print, or save as PDF", "打印或另存为 PDF"),
    "print_hint": (
        "To have it as a PDF, choose “Save as PDF” where the browser asks for a printer.",
        "要保存为 PDF，请在浏览器的打印窗口中选择“另存为 PDF”。",
    ),
    "pack": ("Evidence", "证据包"),
    "pack_title": (
        "Save the answer with its quotes, their places and the hashes of the files; recto replay checks it",
        "保存回答及其引文、原文位置和文件哈希，可用 recto replay 核验",
    ),
    "rating": ("Your rating", "你的评价"),
    "rated_before": (
        "Beside the answer that you rated: {outcome}. Cited then: {before}. Now: {now}.",
        "与你评价过的回答相比：{outcome}。当时引用：{before}；现在：{now}。",
    ),
    "outcome_better": ("nearer the right page", "更接近正确的页"),
    "outcome_worse": ("farther from the right page", "离正确的页更远"),
    "outcome_same": ("it says the same", "内容相同"),
    "outcome_changed": ("it says something else", "内容不同"),
    "cited_none": ("nothing", "无"),
    "rate_good": ("Good answer", "回答得好"),
    "rate_bad": ("Not a good answer", "回答得不好"),
    "rate_reason": ("What is wrong with it?", "哪里不好？"),
    "reason_wrong": ("What it says is wrong", "内容有误"),
    "reason_incomplete": ("Something is missing", "内容不完整"),
    "reason_place": ("The proof stands elsewhere", "出处不对"),
    "reason_refused": ("The documents do answer this", "文档中其实有答案"),
    "reason_other": ("Something else", "其他"),
    "rate_note": ("A note, if you like", "备注（可不填）"),
    "rate_remove": ("Take it back", "撤回评价"),
    "rate_close": ("Done", "完成"),
    "right_page": ("Right page", "正确的页"),
    "right_this": ("It is {page}", "是 {page}"),
    "right_none": ("No right page", "不指定正确的页"),
    "right_turn": ("the page on show; turn to another to choose it", "即当前显示的页，可翻到别的页再选"),
    "passages": ("Passages, best first", "检索到的段落（按相关度）"),
    "passage_count": ("{n} passages", "{n} 段内容"),
    "call_count": ("{n} model calls, {tokens} tokens", "调用模型 {n} 次，{tokens} 词元"),
    "seconds": ("{n} s", "{n} 秒"),
    "tokens_in": ("tokens read", "输入词元"),
    "tokens_out": ("tokens written", "输出词元"),
    "steps": ("Steps", "步骤"),
    "search_did": ("What the search did", "检索过程"),
    "branch": ("looked for by", "检索方式"),
    "candidates": ("found", "候选"),
    "time": ("time", "用时"),
    "expanded": ("looked for as well: {terms}", "扩展检索词：{terms}"),
    "presence": ("that the documents answer: {share}", "文档中有答案的可能性：{share}"),
    "page_moved": ("page {before} → {after}", "页面排名 {before} → {after}"),
    "passage_moved": ("reranker {before} → {after} ({score})", "重排 {before} → {after}（{score}）"),
    "calls": ("Model calls", "模型调用"),
    "calls_show": ("Show prompts and raw replies", "显示提示词与原始回复"),
    "calls_hide": ("Hide prompts and raw replies", "隐藏提示词与原始回复"),
    "calls_gone": (
        "Prompts and replies are kept for the last answers only, and gone once a document is removed.",
        "提示词与回复只为最近的回答保留，删除文档后即清除。",
    ),
    "call_cost": ("{read} tokens read, {written} written", "输入 {read} 词元，输出 {written} 词元"),
    "call_prompt": ("Prompt", "提示词"),
    "call_reply": ("Raw reply", "原始回复"),
    "conversations": ("Conversations", "对话"),
    "conversation_new": ("New conversation", "新对话"),
    "conversation_search": ("Search questions…", "搜索问题…"),
    "conversation_remove_sure": ("Remove this conversation?", "删除该对话？"),
    "export": ("Save as", "导出为"),
    "rename": ("Rename", "重命名"),
    "about": ("About this document", "文档概览"),
    "about_whole": ("Show {n} more headings and tables", "再显示 {n} 个标题和表格"),
    "year": ("Year", "年份"),
    "company": ("Company", "公司"),
    "kind": ("Kind", "类型"),
    "cite_before": ("Previous citation (,)", "上一处引用（,）"),
    "cite_after": ("Next citation (.)", "下一处引用（.）"),
    "original": ("Open the file", "打开原文件"),
    "original_page": ("Open the file at this page", "在原文件中打开本页"),
    "page_text": ("Text of the page", "本页文字"),
    "pages": ("Pages", "页面"),
    "outline": ("Headings", "标题"),
    "tables": ("Tables", "表格"),
    "table": ("Table", "表格"),
    "table_file": ("Download as CSV", "下载 CSV"),
    "share_read": ("{share} of its text read", "已读出 {share} 的文字"),
    "doubtful_pages": ("{n} pages not read well", "{n} 页识别质量不佳"),
    "summary": ("Summarise", "总结"),
    "summary_question": ("Summarise the document.", "总结这份文档。"),
    "chunks": ("Passages", "段落"),
    "chunk_count": ("{n} passages", "{n} 个段落"),
    "chunks_search": ("Search passages…", "搜索段落…"),
    "chunks_edited": ("edited only", "仅看已编辑"),
    "chunks_none": ("No passage fits.", "没有匹配的段落。"),
    "chunks_more": ("Show {n} more", "再显示 {n} 个"),
    "chunk_edit": ("Edit", "编辑"),
    "chunk_text": ("Text", "文字"),
    "chunk_undo": ("Take my edits back", "撤销我的编辑"),
    "chunk_forget": ("Let it go", "放弃此编辑"),
    "exclude": ("Leave out of answers", "不用于回答"),
    "include": ("Take in again", "恢复使用"),
    "excluded": ("left out by you", "已被你排除"),
    "corrected": ("corrected by you", "已被你更正"),
    "by_correction": ("your correction; the page reads otherwise", "依据你的更正，原文并非如此"),
    "as_read": ("As it was read", "原识别文字"),
    "note": ("Note", "备注"),
    "cancel": ("Cancel", "取消"),
    "edits_lost": ("Edits whose place is gone: {n}", "{n} 处编辑在文档中已找不到原位置"),
    "viewer_empty": ("The proof appears here", "出处将显示在这里"),
    "viewer_text": ("Press a numbered citation to see its words on the page.", "点击编号引用，查看原文所在位置。"),
    "previous": ("Previous page", "上一页"),
    "next": ("Next page", "下一页"),
    "zoom": ("Fit or full size", "适合宽度 / 原始大小"),
}


_STRATEGIES = {
    "auto": ("Choose by the question", "按问题自动选择"),
    "extractive": ("Quotes only", "只摘录原文"),
    "stuff": ("All passages at once", "一次读完全部段落"),
    "map_reduce": ("Each passage, then together", "逐段回答再合并"),
    "refine": ("Improve passage by passage", "逐段完善"),
    "map_rerank": ("The best single passage", "取最佳段落"),
    "tree": ("Summarise in levels", "逐层总结"),
    "iterative": ("Search again where unsure", "不确定时再次检索"),
    "search": ("Search only", "仅检索"),
}
_STAGES = {
    "search": ("search", "检索"),
    "plan": ("plan", "规划"),
    "pick": ("choose quotes", "选取原文"),
    "map": ("answer by passage", "逐段回答"),
    "reduce": ("put together", "合并"),
    "draft": ("draft", "草稿"),
    "write": ("write", "撰写"),
    "cite": ("check and cite", "核对与引用"),
    "total": ("in all", "合计"),
}


_BRANCHES = {
    "words": ("words of passages", "段落关键词"),
    "pages": ("words of pages", "页面关键词"),
    "expanded": ("words of the topic", "主题扩展词"),
    "vectors": ("meaning", "语义向量"),
    "otherwise": ("other wordings", "其他表述"),
    "questions": ("generated questions", "生成的问题"),
    "focused": ("likeliest documents", "最可能的文档"),
    "reranker": ("reranker", "重排模型"),
    "page named": ("page named", "问题指明的页"),
}


def branch_words(language: Language, branch: str) -> str:
    """A branch of the search; one that has no words stays as it is."""
    return _BRANCHES[branch][language == "zh"] if branch in _BRANCHES else branch


def strategy_words(language: Language, strategy: str) -> str:
    return _STRATEGIES[strategy][language == "zh"]


def stage_words(language: Language, stage: str) -> str:
    """A stage of an answer; one that has a number of its own (`level 2`) stays as it is."""
    return _STAGES[stage][language == "zh"] if stage in _STAGES else stage


def word(language: Language, key: str, **values: object) -> str:
    """A text in a language; `values` fill its places."""
    return _WORDS[key][language == "zh"].format(**values)


def language_of(accept_language: str) -> Language:
    """The language that a browser asks for first, of the two."""
    for wanted in accept_language.lower().split(","):
        if wanted.strip().startswith("zh"):
            return "zh"
        if wanted.strip().startswith("en"):
            return "en"
    return "en"


def state_words(language: Language, document: Document) -> str:
    """Where a document stands, in words."""
    values = {"pages": document.pages, "done": document.pages_done}
    match document.state:
        case State.WAITING if document.askable:
            return word(language, "again_waiting")
        case State.PARSING if document.askable:
            return word(language, "again" if document.pages_done else "again_start", **values)
        case State.PARSING if document.pages == 0:
            return word(language, "parsing_start")
        case State.WORDS_READY if document.pages_done < document.pages:
            return word(language, "pictures", **values)
        case State.WORDS_READY | State.EMBEDDING:
            return word(language, "embedding")
        case State.INDEXED if document.pages_done < document.pages:
            return word(language, "figures", left=document.pages - document.pages_done, **values)
        case State.INDEXED if document.pages == 1:
            return word(language, "indexed_one")
    return word(language, str(document.state), **values)


def time_left(language: Language, minutes: int) -> str:
    return word(language, "minutes_left" if minutes else "seconds_left", n=minutes)
