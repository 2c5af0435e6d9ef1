"""Makes the sample PDF and the fixtures of the tests; run by hand, its output is committed.

It knows nothing about Recto: it draws pages whose text is known. Run it as `python tests/make_pdfs.py` with the `dev`
extra and Debian's fonts-noto-cjk installed. The same versions of the libraries and fonts give the same bytes.

Noto Sans CJK is under the SIL Open Font License, which allows embedding. Its outlines are converted to TrueType here,
because reportlab embeds nothing else; only the glyphs that a file uses are kept.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path

import pypdfium2
from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, newTable
from reportlab.lib import colors, pdfencrypt
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A4, A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont as EmbeddedFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    HRFlowable,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "app" / "samples" / "recto-sample.pdf"
DATA = ROOT / "tests" / "data"

FONT_FOLDER = Path("/usr/share/fonts/opentype/noto")
FACES = {"Regular": FONT_FOLDER / "NotoSansCJK-Regular.ttc", "Bold": FONT_FOLDER / "NotoSansCJK-Bold.ttc"}
MAXP_LIMITS = (  # what a TrueType font states and a CFF font does not
    "maxZones",
    "maxTwilightPoints",
    "maxStorage",
    "maxFunctionDefs",
    "maxInstructionDefs",
    "maxStackElements",
    "maxSizeOfInstructions",
    "maxComponentElements",
)
ASCII = "".join(map(chr, range(0x20, 0x7F)))

INK = colors.HexColor("#1d2733")
ACCENT = colors.HexColor("#0f5c7a")
PALE = colors.HexColor("#e8f0f4")
RULE = colors.HexColor("#8fa3b0")

WIDTH, HEIGHT = A4
MARGIN = 56.0
GUTTER = 22.0
COLUMN = (WIDTH - 2 * MARGIN - GUTTER) / 2
TITLE_HEIGHT = 100.0
BODY_TOP, BODY_BOTTOM = HEIGHT - 72.0, 62.0  # measured from the bottom of the page, as PDF does

Draw = Callable[[str, str], bytes]
"""Takes the names of the regular and the bold font, gives a file's bytes."""


# Fonts


def true_type(face: str, text: str) -> bytes:
    """The glyphs of `text` from the Simplified Chinese face of Noto Sans CJK, with TrueType outlines."""
    collection = TTCollection(FACES[face])
    font = next(font for font in collection.fonts if "CJK SC" in font["name"].getDebugName(1))
    options = subset.Options(
        layout_features=[], notdef_outline=True, hinting=False, drop_tables=["vhea", "vmtx", "VORG"]
    )
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=text + ASCII)
    subsetter.subset(font)

    shapes = font.getGlyphSet()
    glyphs = {}
    for name in font.getGlyphOrder():
        pen = TTGlyphPen(shapes)
        shapes[name].draw(Cu2QuPen(pen, max_err=1.0, reverse_direction=True))
        glyphs[name] = pen.glyph()
    del font["CFF "]
    font["loca"] = newTable("loca")
    font["glyf"] = newTable("glyf")
    font["glyf"].glyphOrder = font.getGlyphOrder()
    font["glyf"].glyphs = glyphs
    font["maxp"].tableVersion = 0x00010000
    for limit in MAXP_LIMITS:
        setattr(font["maxp"], limit, 0)
    font["post"].formatType = 3.0
    font["head"].glyphDataFormat = 0
    font.sfntVersion = "\x00\x01\x00\x00"
    font.recalcTimestamp = False
    plain = io.BytesIO()
    font.save(plain)
    return plain.getvalue()


fonts_made = itertools.count()


def with_fonts(text: str, draw: Draw) -> bytes:
    """Calls `draw` with a regular and a bold font that have the characters of `text`."""
    made = next(fonts_made)
    names = []
    for face in FACES:
        name = f"{face}{made}"
        pdfmetrics.registerFont(EmbeddedFont(name, io.BytesIO(true_type(face, text))))
        names.append(name)
    regular, bold = names
    pdfmetrics.registerFontFamily(regular, normal=regular, bold=bold, italic=regular, boldItalic=bold)
    return draw(regular, bold)


# Pages


class Heading(Paragraph):
    """A heading that also stands in the PDF's outline."""

    def __init__(self, text: str, style: ParagraphStyle, level: int) -> None:
        super().__init__(text, style)
        self.title, self.level = text, level

    def draw(self) -> None:
        key = f"{self.level}-{self.title}"
        self.canv.bookmarkHorizontal(key, 0, self.height)
        self.canv.addOutlineEntry(self.title, key, self.level, closed=False)
        super().draw()


class Writer:
    """The styles of one file and short names for what a page is made of."""

    def __init__(self, regular: str, bold: str) -> None:
        self.regular, self.bold = regular, bold

        def style(name: str, size: float, leading: float, font: str = regular, **more: object) -> ParagraphStyle:
            return ParagraphStyle(name, fontName=font, fontSize=size, leading=leading, textColor=INK, **more)

        self.styles = {
            "title": style("title", 24, 32, bold, spaceAfter=2),
            "subtitle": style("subtitle", 12, 17, spaceAfter=10),
            "h1": style("h1", 15, 20, bold, spaceBefore=13, spaceAfter=6),
            "h2": style("h2", 12, 16, bold, spaceBefore=9, spaceAfter=4),
            "body": style("body", 10.5, 15.4, spaceAfter=7, alignment=TA_JUSTIFY),
            "body-zh": style("body-zh", 11, 18, spaceAfter=7, wordWrap="CJK", firstLineIndent=22),
            "item": style("item", 10.5, 15.4, spaceAfter=4, leftIndent=17, bulletIndent=1),
            "item-zh": style("item-zh", 11, 18, spaceAfter=4, leftIndent=19, bulletIndent=1, wordWrap="CJK"),
            "caption": style("caption", 8.5, 12, bold, spaceBefore=8, spaceAfter=4),
            "note": style("note", 8, 11, spaceBefore=3, spaceAfter=8),
        }
        for name in ("title", "h1", "h2"):
            self.styles[name].textColor = ACCENT
        for name in ("item", "item-zh"):
            self.styles[name].bulletFontName = regular
            self.styles[name].bulletFontSize = self.styles[name].fontSize

    def title(self, text: str) -> Flowable:
        return Paragraph(text, self.styles["title"])

    def subtitle(self, text: str) -> Flowable:
        return Paragraph(text, self.styles["subtitle"])

    def h1(self, text: str) -> Flowable:
        return Heading(text, self.styles["h1"], 0)

    def h2(self, text: str) -> Flowable:
        return Heading(text, self.styles["h2"], 1)

    def body(self, text: str) -> Flowable:
        return Paragraph(text, self.styles["body"])

    def body_zh(self, text: str) -> Flowable:
        return Paragraph(text, self.styles["body-zh"])

    def items(self, *texts: str, style: str = "item") -> list[Flowable]:
        return [Paragraph(text, self.styles[style], bulletText="•") for text in texts]

    def numbered(self, *texts: str, style: str = "item") -> list[Flowable]:
        return [Paragraph(text, self.styles[style], bulletText=f"{n}.") for n, text in enumerate(texts, start=1)]

    def caption(self, text: str) -> Flowable:
        return Paragraph(text, self.styles["caption"])

    def note(self, text: str) -> Flowable:
        return Paragraph(text, self.styles["note"])

    def table(self, rows: list[list[str]], widths: list[float], last_bold: bool = False) -> Flowable:
        """A ruled table: a header row, labels at the left, numbers at the right."""
        look = [
            ("FONT", (0, 0), (-1, -1), self.regular, 9.5, 12),
            ("FONT", (0, 0), (-1, 0), self.bold, 9.5, 12),
            ("TEXTCOLOR", (0, 0), (-1, -1), INK),
            ("BACKGROUND", (0, 0), (-1, 0), PALE),
            ("GRID", (0, 0), (-1, -1), 0.6, RULE),
            ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("TOPPADDING", (0, 0), (-1, -1), 4),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 5.2),
        ]
        if last_bold:
            look.append(("FONT", (0, -1), (-1, -1), self.bold, 9.5, 12))
        return Table(rows, colWidths=widths, hAlign="LEFT", style=TableStyle(look), spaceAfter=2)


class Paper(BaseDocTemplate):
    """A4 pages in one or two columns, with a running head and a page number."""

    def __init__(self, writer: Writer, title: str, head: tuple[str, str], number: str, start: str = "one") -> None:
        self.buffer = io.BytesIO()
        super().__init__(self.buffer, pagesize=A4, invariant=1, title=title, author="Recto", pageCompression=1)
        self.writer, self.head, self.number = writer, head, number
        top = BODY_TOP - BODY_BOTTOM
        no_padding = {"leftPadding": 0, "rightPadding": 0, "topPadding": 0, "bottomPadding": 0}

        def frame(x: float, width: float, height: float = top) -> Frame:
            return Frame(x, BODY_BOTTOM, width, height, **no_padding)

        def columns(height: float = top) -> list[Frame]:
            return [frame(MARGIN, COLUMN, height), frame(MARGIN + COLUMN + GUTTER, COLUMN, height)]

        title_frame = Frame(MARGIN, BODY_TOP - TITLE_HEIGHT, WIDTH - 2 * MARGIN, TITLE_HEIGHT, **no_padding)
        templates = [
            PageTemplate("one", [frame(MARGIN, WIDTH - 2 * MARGIN)], onPage=self.furniture),
            PageTemplate("two", columns(), onPage=self.furniture),
            PageTemplate("two-under-title", [title_frame, *columns(top - TITLE_HEIGHT)], onPage=self.furniture),
        ]
        templates.sort(key=lambda template: template.id != start)
        self.addPageTemplates(templates)

    def furniture(self, canvas: Canvas, _: BaseDocTemplate) -> None:
        left, right = self.head
        canvas.saveState()
        canvas.setFont(self.writer.regular, 8)
        canvas.setFillColor(ACCENT)
        canvas.drawString(MARGIN, HEIGHT - 46, left)
        canvas.drawRightString(WIDTH - MARGIN, HEIGHT - 46, right)
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.5)
        canvas.line(MARGIN, HEIGHT - 53, WIDTH - MARGIN, HEIGHT - 53)
        canvas.drawCentredString(WIDTH / 2, 34, self.number.format(canvas.getPageNumber()))
        canvas.restoreState()

    def write(self, *story: Flowable | list[Flowable]) -> bytes:
        flat = [part for item in story for part in (item if isinstance(item, list) else [item])]
        self.build(flat)
        return self.buffer.getvalue()


# The sample: the annual report of an invented company


def sample(regular: str, bold: str) -> bytes:
    w = Writer(regular, bold)
    paper = Paper(
        w,
        "Lantern Instruments: Annual Report 2025",
        ("Lantern Instruments · Annual Report 2025", "灯塔仪器 · 2025 年度报告"),
        "{} / 4",
        start="two-under-title",
    )
    full = WIDTH - 2 * MARGIN
    return paper.write(
        w.title("Lantern Instruments"),
        w.subtitle("Annual Report 2025 · 灯塔仪器 2025 年度报告"),
        HRFlowable(width="100%", thickness=1.2, color=ACCENT, spaceAfter=4),
        w.note("Lantern Instruments is an invented company. This document was made to try Recto."),
        FrameBreak(),
        w.h1("1. The year in brief"),
        w.body(
            "Lantern Instruments sold more instruments in 2025 than in any year before. Revenue rose by 10.2 percent "
            "to 58.3 million euros, and the operating profit reached 6.7 million euros. At the end of the year orders "
            "worth 23.4 million euros were in hand, enough for five months of work."
        ),
        w.body(
            "Two things carried the growth. Ports around the North Sea replaced their tide gauges, most of them after "
            "more than twenty years of service. And the new service centre in Qingdao, opened in March 2025, "
            "shortened repairs for customers in Asia from nine weeks to twelve days."
        ),
        w.body(
            "One thing went badly. A batch of 340 fog sensors left the works with a faulty seal. All of them were "
            "called back in August 2025. The recall cost 0.8 million euros; nobody was hurt."
        ),
        w.h1("2. The company"),
        w.body(
            "The company was founded in 1968 by Maren Holt and Idris Okafor in a boat shed in Port Selwyn. Their first "
            "product was a lamp that switched itself on in fog. Today the company builds tide gauges, fog sensors and "
            "harbour lights, and serves 1,150 ports in 61 countries."
        ),
        FrameBreak(),
        w.h1("3. People"),
        w.body(
            "On 31 December 2025 Lantern Instruments employed 412 people, 26 more than a year earlier. Of these, 188 "
            "are in production, 96 in research, 74 in service and the other 54 in administration. Twenty-one "
            "apprentices are counted in production."
        ),
        w.body(
            "The number of accidents at work that led to lost days fell from seven to three. Every new colleague now "
            "spends two days at sea with a service crew before starting at the bench."
        ),
        w.h1("4. Research"),
        w.body(
            "Research and development cost 7.0 million euros, or 12 percent of revenue. The main result is the tide "
            "gauge TG-9. It measures the water level by radar to within 2 millimetres and runs for 18 months on one "
            "battery. The earlier TG-7 needed a new battery every 7 months."
        ),
        w.body("A quieter success is the fog sensor FS-3, which tells drifting smoke from fog."),
        w.h1("5. Outlook and dividend"),
        w.body(
            "For 2026 the board expects revenue between 60 and 63 million euros. It proposes a dividend of 0.45 euros "
            "a share, after 0.40 euros for 2024. The annual meeting takes place in Port Selwyn on 21 May 2026."
        ),
        NextPageTemplate("one"),
        PageBreak(),
        w.h1("6. Five years in figures"),
        w.caption("Table 1. Key figures, 2021 to 2025, in millions of euros"),
        w.table(
            [
                ["", "2021", "2022", "2023", "2024", "2025"],
                ["Revenue", "41.2", "44.8", "47.5", "52.9", "58.3"],
                ["Operating profit", "3.9", "4.1", "4.4", "5.6", "6.7"],
                ["Research and development", "4.0", "4.6", "5.1", "6.2", "7.0"],
                ["Orders in hand at year end", "15.1", "16.8", "17.2", "20.6", "23.4"],
                ["Employees at year end", "334", "351", "368", "386", "412"],
            ],
            [full - 5 * 58] + [58.0] * 5,
        ),
        w.note("Employees are counted in persons, not in millions. The figures for 2021 were restated in 2022."),
        w.h1("7. Products and warranty"),
        w.body(
            "Tide gauges brought 24.6 million euros, fog sensors 15.9 million, harbour lights 12.1 million and service "
            "5.7 million. Fog sensors would have brought about 1.1 million more without the recall."
        ),
        w.caption("Table 2. Warranty by product"),
        w.table(
            [
                ["Product", "Model", "Warranty"],
                ["Tide gauge", "TG-9", "5 years"],
                ["Fog sensor", "FS-3", "3 years"],
                ["Harbour light", "HL-40", "2 years"],
                ["Battery", "all", "12 months"],
            ],
            [full - 2 * 96, 96.0, 96.0],
        ),
        Spacer(1, 6),
        w.body(
            "The warranty starts on the day of delivery. It ends early when the housing was opened by anyone other "
            "than a certified workshop. A claim needs the serial number and a photograph of the seal. Outside the "
            "warranty a repair of a tide gauge costs 480 euros on average. Spare parts are kept for 15 years after the "
            "last delivery of a model."
        ),
        w.h1("8. Safety notes"),
        w.numbered(
            "Before opening the housing of a harbour light, disconnect the power and wait 10 minutes. The capacitors "
            "hold a dangerous charge until then.",
            "Do not look into the lamp HL-40 from nearer than 3 metres.",
            "Work on a mast higher than 2 metres only with a harness, and never alone.",
            "Store batteries between 5 and 35 °C. A swollen battery must not be charged again.",
            "Do not mount a radar gauge within 4 metres of a ship's antenna.",
        ),
        w.h1("9. Environment"),
        w.body(
            "The works in Port Selwyn used 3.1 gigawatt hours of electricity, 4 percent less than in 2024; 71 percent "
            "came from the wind turbine on the north pier. Used batteries are taken back free of charge. In 2025 the "
            "company collected 9.6 tonnes of them."
        ),
        PageBreak(),
        w.h1("一、公司概况"),
        w.body_zh(
            "灯塔仪器（Lantern Instruments）成立于 1968 年，由玛伦·霍尔特与伊德里斯·奥卡福在塞尔温港的一间船棚里创办。"
            "公司的第一件产品是一盏能在雾中自动点亮的航标灯。如今，公司生产潮位计、雾传感器和港口航标灯，"
            "为 61 个国家的 1150 个港口提供服务。"
        ),
        w.body_zh(
            "截至 2025 年 12 月 31 日，公司共有员工 412 人，比上年末增加 26 人。其中生产人员 188 人，研发人员 96 人，"
            "服务人员 74 人，行政人员 54 人。2025 年 3 月，青岛服务中心正式启用，亚洲客户的维修周期由九周缩短到十二天。"
        ),
        w.h1("二、主要财务数据"),
        w.body_zh(
            "2025 年公司实现营业收入 5830 万欧元，同比增长 10.2%；营业利润 670 万欧元。营业收入的增长主要来自北海沿岸"
            "港口更换潮位计。董事会建议每股派发股息 0.45 欧元，并预计 2026 年营业收入为 6000 万至 6300 万欧元。"
        ),
        w.caption("表 1　2023 至 2025 年主要财务数据（单位：万欧元）"),
        w.table(
            [
                ["项目", "2023 年", "2024 年", "2025 年"],
                ["营业收入", "4750", "5290", "5830"],
                ["营业利润", "440", "560", "670"],
                ["研发投入", "510", "620", "700"],
                ["年末在手订单", "1720", "2060", "2340"],
            ],
            [full - 3 * 96] + [96.0] * 3,
        ),
        w.h2("召回事项"),
        w.body_zh(
            "一批共 340 台雾传感器因密封圈存在缺陷，公司于 2025 年 8 月全部召回，召回费用为 80 万欧元，未造成人员伤害。"
        ),
        w.h2("研发成果"),
        w.body_zh(
            "2025 年研发投入 700 万欧元，占营业收入的 12%。主要成果是新一代潮位计 TG-9：它用雷达测量水位，误差不超过"
            " 2 毫米，一块电池可以连续工作 18 个月；上一代 TG-7 只能工作 7 个月。"
        ),
        w.h2("产品收入"),
        w.body_zh("按产品看，潮位计贡献了最多的营业收入，服务的占比最小。"),
        w.caption("表 2　2025 年按产品划分的营业收入（单位：万欧元）"),
        w.table(
            [
                ["产品", "营业收入", "占比"],
                ["潮位计", "2460", "42.2%"],
                ["雾传感器", "1590", "27.3%"],
                ["港口航标灯", "1210", "20.7%"],
                ["服务", "570", "9.8%"],
                ["合计", "5830", "100.0%"],
            ],
            [full - 2 * 96, 96.0, 96.0],
            last_bold=True,
        ),
        PageBreak(),
        w.h1("三、产品保修"),
        w.body_zh(
            "保修期自交货之日起计算。未经授权的维修点自行打开外壳的，保修随即终止。申请保修时须提供产品序列号和封条照片。"
        ),
        w.caption("表 3　各产品保修期"),
        w.table(
            [
                ["产品", "型号", "保修期"],
                ["潮位计", "TG-9", "5 年"],
                ["雾传感器", "FS-3", "3 年"],
                ["港口航标灯", "HL-40", "2 年"],
                ["电池", "全部", "12 个月"],
            ],
            [full - 2 * 96, 96.0, 96.0],
        ),
        Spacer(1, 6),
        w.body_zh("保修期外，潮位计的平均维修费用为 480 欧元。某一型号停止交货后，备件仍保存 15 年。"),
        w.h1("四、安全须知"),
        w.numbered(
            "打开港口航标灯外壳之前，须先切断电源并等待 10 分钟，此时电容器仍带有危险电荷。",
            "请勿在 3 米以内直视 HL-40 灯具。",
            "在高于 2 米的桅杆上作业，必须系好安全带，并且不得单独作业。",
            "电池应存放在 5 至 35 °C 的环境中；鼓包的电池不得再次充电。",
            "雷达潮位计与船舶天线之间的距离不得小于 4 米。",
            style="item-zh",
        ),
        w.h1("五、环境保护"),
        w.body_zh(
            "塞尔温港工厂全年用电 310 万千瓦时，比 2024 年减少 4%，其中 71% 来自北码头的风力发电机。"
            "公司免费回收废旧电池，2025 年共回收 9.6 吨。"
        ),
        w.h1("六、联系方式"),
        w.body_zh("公司总部位于塞尔温港灯塔路 12 号。青岛服务中心的服务热线每周七天开通，工作时间为 8:00 至 20:00。"),
    )


# Fixtures


def english(regular: str, bold: str) -> bytes:
    w = Writer(regular, bold)
    paper = Paper(w, "The Selwyn Ferry", ("The Selwyn Ferry", "Operating Handbook"), "Page {}")
    return paper.write(
        w.h1("1 The ferry"),
        w.body(
            "The Selwyn ferry crosses the bay between Port Selwyn and Gull Island. It was built in 1994 and carries "
            "220 passengers and 36 cars. The crossing takes 25 minutes in calm weather."
        ),
        w.h2("1.1 Crew"),
        w.body(
            "The crew has seven members: a captain, a mate, two engineers and three deckhands. The captain decides "
            "alone whether the ferry sails. No crossing starts when the wind is stronger than 17 metres per second."
        ),
        w.h2("1.2 Luggage"),
        *w.items(
            "Each passenger may bring two pieces of luggage.",
            "Bicycles travel free of charge.",
            "Dogs must be kept on a lead.",
        ),
        w.h1("2 Fares"),
        w.caption("Table 1. Fares in euros"),
        w.table(
            [
                ["Passenger", "Single", "Return"],
                ["Adult", "8.50", "15.00"],
                ["Child under 14", "4.00", "7.00"],
                ["Car with driver", "31.00", "56.00"],
            ],
            [180.0, 90.0, 90.0],
        ),
        PageBreak(),
        w.h1("3 Timetable"),
        w.body(
            "The first ferry leaves Port Selwyn at 06:15 and the last one at 22:40. On Sundays the first departure is "
            "at 08:00. In winter, from November to March, the ferry sails every two hours."
        ),
        w.h1("4 Lost property"),
        w.body(
            "Things found on board are kept for 90 days at the harbour office, which is open on weekdays from nine to "
            "five. The fee for collecting an item is 3 euros."
        ),
    )


def chinese(regular: str, bold: str) -> bytes:
    w = Writer(regular, bold)
    paper = Paper(w, "海湾渡轮运营手册", ("海湾渡轮", "运营手册"), "第 {} 页")
    return paper.write(
        w.h1("第一章　渡轮概况"),
        w.body_zh(
            "海湾渡轮往返于塞尔温港与海鸥岛之间，建造于 1994 年，可搭载乘客 220 人、汽车 36 辆。天气平静时，单程"
            "航行时间为二十五分钟；遇到大雾或者强风时，船长可以延长航行时间，也可以取消当天剩余的全部航班，并由港务办公室通知乘客。"
        ),
        w.h2("第一节　船员"),
        w.body_zh(
            "船员共有七名，包括船长一名、大副一名、轮机员两名和水手三名。渡轮是否开航由船长一人决定。风速超过每秒十七米时，"
            "任何航班都不得开航。"
        ),
        w.h1("第二章　票价"),
        w.caption("表 1　票价（单位：元）"),
        w.table(
            [
                ["乘客类别", "单程", "往返"],
                ["成人", "68", "120"],
                ["十四岁以下儿童", "32", "56"],
                ["小汽车（含司机）", "248", "450"],
            ],
            [180.0, 90.0, 90.0],
        ),
        PageBreak(),
        w.h1("第三章　时刻"),
        w.body_zh(
            "首班渡轮于 6:15 从塞尔温港出发，末班渡轮于 22:40 出发。星期日首班时间为 8:00。冬季（十一月至次年三月）"
            "每两小时开行一班。"
        ),
        w.h1("第四章　失物招领"),
        w.body_zh(
            "船上拾获的物品由港务办公室保管九十天。办公室工作日九点至十七点开放，领取每件物品须缴纳手续费二十元。"
        ),
    )


def two_column(regular: str, bold: str) -> bytes:
    w = Writer(regular, bold)
    paper = Paper(w, "Fog over the Harbour", ("Harbour Letters 12", "Fog"), "{}", start="two-under-title")
    return paper.write(
        w.title("Fog over the Harbour"),
        w.subtitle("Nine winters of observations at Port Selwyn"),
        FrameBreak(),
        w.h1("Abstract"),
        w.body(
            "We counted the hours of fog at Port Selwyn over nine winters. Fog lay over the harbour for 311 hours in "
            "an average winter, most often between four and nine in the morning."
        ),
        w.h1("1 Method"),
        w.body(
            "Two sensors stood at the ends of the north pier, 420 metres apart. Each took a reading every "
            "thirty seconds. An hour counts as foggy when both sensors saw less than one kilometre for at least "
            "forty minutes of it. Readings taken while the pier was under spray were thrown away."
        ),
        w.body(
            "The left column ends with this sentence, and the reader goes on at the top of the right column, not "
            "straight across the gutter."
        ),
        FrameBreak(),
        w.h1("2 Results"),
        w.body(
            "The right column begins with this sentence. The foggiest winter was the third, with 402 hours; the "
            "clearest was the eighth, with 236 hours. Fog never lasted longer than 61 hours without a break."
        ),
        w.h1("3 Discussion"),
        w.body(
            "Warm air over cold water explains most of the fog. Smoke from the ferry explains none of it, although "
            "many people in the town believe so."
        ),
    )


def mixed_columns(regular: str, bold: str) -> bytes:
    w = Writer(regular, bold)
    paper = Paper(w, "Buoys and Lamps", ("Harbour Letters 13", "Buoys"), "{}", start="two-under-title")
    return paper.write(
        w.caption("Table 1. Buoys in the bay"),
        w.table(
            [
                ["", "2021", "2022", "2023", "2024", "2025"],
                ["Buoys laid", "31", "33", "34", "38", "41"],
                ["Lamps changed", "12", "15", "11", "19", "14"],
            ],
            [WIDTH - 2 * MARGIN - 5 * 58] + [58.0] * 5,
        ),
        FrameBreak(),
        w.h1("1 Service intervals"),
        w.body("Every buoy is lifted out of the water at fixed intervals. Table 2 gives them in months."),
        w.caption("Table 2. Months between services"),
        w.table(
            [
                ["Buoy", "Colour", "Months"],
                ["Fairway", "red", "18"],
                ["Wreck", "green", "9"],
                ["Anchorage", "yellow", "24"],
                ["Storm", "black", "6"],
            ],
            [88.0, 62.0, COLUMN - 150.0],
        ),
        Spacer(1, 6),
        w.body("A buoy that has drifted more than 40 metres is lifted at once, whatever the table says."),
        FrameBreak(),
        w.h1("2 Lamps"),
        w.numbered(
            "The lamp of a buoy is changed when it has burnt for 8,000 hours.",
            "A lamp that flickers is changed on the next calm day.",
            "Old lamps go back to the works in their own boxes.",
            "The key of the lamp house stays with the harbour master.",
        ),
        w.h1("3 Paint"),
        w.body("Buoys are painted every second year. One buoy takes 11 litres of paint."),
    )


def rotated(regular: str, bold: str) -> bytes:
    """Two pages with /Rotate 90 and 270, drawn so that they read upright, 842 points wide and 595 high."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(HEIGHT, WIDTH), invariant=1)  # reportlab swaps the sides of a turned page
    canvas.setTitle("Rotated")
    for degrees in (90, 270):
        canvas.setPageRotation(degrees)
        if degrees == 90:
            canvas.translate(WIDTH, 0)
        else:
            canvas.translate(0, HEIGHT)
        canvas.rotate(degrees)
        canvas.setFont(bold, 20)
        canvas.drawString(72, 500, f"Crane inspection {degrees}")
        canvas.setFont(regular, 12)
        canvas.drawString(72, 460, f"This page carries Rotate {degrees} and reads upright on a wide page.")
        canvas.drawString(72, 440, "The harbour crane lifts 45 tonnes and was last inspected on 9 June 2025.")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


CROP = (100.0, 200.0, 500.0, 700.0)


def cropped(regular: str, bold: str) -> bytes:
    """An A4 page of which only the middle, 400 by 500 points, is seen."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle("Cropped")
    canvas.setCropBox(CROP)
    canvas.setFont(bold, 18)
    canvas.drawString(140, 640, "Mooring permit")
    canvas.setFont(regular, 12)
    canvas.drawString(140, 600, "Berth 14 is reserved for the pilot boat.")
    canvas.drawString(140, 580, "The permit is valid until 30 April 2026.")
    canvas.drawString(140, 760, "OUTSIDE: this line lies above the crop box.")
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


SCANNED_LINES = (
    "Tide table for the pilot station",
    "High water on Monday is at 07:42, 4.1 metres.",
    "Low water on Monday is at 13:58, 0.6 metres.",
    "星期一高潮时间为七点四十二分。",
    "Signed by the harbour master",
)


def scanned(regular: str, bold: str) -> bytes:
    """One A5 page that is only a picture, 200 dpi, of five lines of text."""
    text = io.BytesIO()
    canvas = Canvas(text, pagesize=A5, invariant=1)
    width, height = A5
    for line, y in zip(SCANNED_LINES, range(520, 0, -40), strict=False):
        canvas.setFont(bold if y == 520 else regular, 17 if y == 520 else 14)
        canvas.drawString(44, y, line)
    canvas.showPage()
    canvas.save()

    document = pypdfium2.PdfDocument(text.getvalue())
    picture = document[0].render(scale=200 / 72, grayscale=True).to_pil().convert("L")
    document.close()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=1)
    canvas.setTitle("Scanned")
    canvas.drawImage(ImageReader(picture), 0, 0, width, height)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def encrypted(regular: str, bold: str) -> bytes:
    """Opens with the user password `secret`."""
    buffer = io.BytesIO()
    lock = pdfencrypt.StandardEncryption("secret", ownerPassword="owner", strength=128)
    canvas = Canvas(buffer, pagesize=A4, invariant=1, encrypt=lock)
    canvas.setTitle("Encrypted")
    canvas.setFont(bold, 18)
    canvas.drawString(72, 740, "Harbour office")
    canvas.setFont(regular, 12)
    canvas.drawString(72, 700, "The key to the harbour office hangs behind the blue door.")
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


ZERO_PAGES = b"""%PDF-1.4
1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Kids [] /Count 0 >>
endobj
xref
0 3
0000000000 65535 f 
0000000009 00000 n 
0000000058 00000 n 
trailer
<< /Size 3 /Root 1 0 R >>
startxref
110
%%EOF
"""  # noqa: W291  (an entry of the table is 20 bytes, the last two a space and a line end)

NOT_A_PDF = b"This is a plain text file whose name ends in .pdf.\n"


def own_text() -> str:
    """Every character that this file may draw: its own source."""
    return "".join(sorted(set(Path(__file__).read_text(encoding="utf-8")) - set("\n")))


def main() -> None:
    text = own_text()
    DATA.mkdir(parents=True, exist_ok=True)
    SAMPLE.parent.mkdir(parents=True, exist_ok=True)
    SAMPLE.write_bytes(with_fonts(text, sample))
    drawn: dict[str, Draw] = {
        "english": english,
        "chinese": chinese,
        "two-column": two_column,
        "mixed-columns": mixed_columns,
        "rotated": rotated,
        "cropped": cropped,
        "scanned": scanned,
        "encrypted": encrypted,
    }
    for name, draw in drawn.items():
        (DATA / f"{name}.pdf").write_bytes(with_fonts(text, draw))
    whole = (DATA / "english.pdf").read_bytes()
    (DATA / "truncated.pdf").write_bytes(whole[: len(whole) * 6 // 10])
    (DATA / "zero-pages.pdf").write_bytes(ZERO_PAGES)
    (DATA / "not-a-pdf.pdf").write_bytes(NOT_A_PDF)
    (DATA / "empty.pdf").write_bytes(b"")


if __name__ == "__main__":
    main()
