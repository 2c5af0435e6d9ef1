"""Which pictures of a page may carry text, by how they lie."""

from ingest.records import BBox
from ingest.regions import MAX_REGIONS, regions, share_under, without_repeated

PAGE = BBox(0, 0, 600, 800)
FIGURE = BBox(100, 300, 400, 500)


def test_a_figure_waits_and_small_or_flat_pictures_do_not() -> None:
    icon, line, title = BBox(10, 10, 40, 40), BBox(0, 100, 600, 104), BBox(50, 40, 300, 60)
    assert regions([FIGURE, icon, line, title], [], PAGE) == (title, FIGURE)


def test_backgrounds_are_none() -> None:
    words = [BBox(110, top, 390, top + 10) for top in range(310, 490, 20)]
    assert regions([BBox(-5, -5, 605, 805)], [], PAGE) == ()
    assert regions([FIGURE], words, PAGE) == ()


def test_strips_of_one_picture_are_one() -> None:
    strips = [BBox(100, top, 400, top + 10) for top in range(300, 500, 10)]
    assert regions(strips, [], PAGE) == (FIGURE,)


def test_what_lies_outside_of_the_page_is_cut_off() -> None:
    assert regions([BBox(500, 700, 900, 900)], [], PAGE) == (BBox(500, 700, 600, 800),)


def test_the_largest_of_many() -> None:
    many = [BBox(60 * i, 100 * j, 60 * i + 50, 100 * j + 50 + i) for i in range(5) for j in range(5)]
    found = regions(many, [], PAGE)
    assert len(found) == MAX_REGIONS and {box.height for box in found} == {53, 54}


def test_a_logo_is_looked_at_on_its_first_page_only() -> None:
    logo = BBox(20, 20, 120, 60)
    found = {number: (logo, FIGURE._replace(bottom=500 + number)) for number in range(1, 7)}
    kept = without_repeated(found)
    assert [len(boxes) for boxes in kept.values()] == [2, 1, 1, 1, 1, 1]


def test_a_share_counts_only_what_is_on_the_page() -> None:
    assert share_under([BBox(-600, 0, 300, 800)], PAGE) == 0.5
    assert share_under([], PAGE) == 0.0
