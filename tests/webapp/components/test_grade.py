from webapp.components import grade


def test_a_grade_is_words_with_their_meaning_that_lead_to_its_figures() -> None:
    mark = grade.mark("a shop", ("doubtful", 0.7))
    assert mark is not None
    assert (mark.children, mark.href) == ("stability doubtful", "/quality?dataset=a+shop")
    assert mark.title.startswith("When customers are drawn anew and segmented again, it comes back in part")


def test_without_a_grade_there_is_no_mark() -> None:
    assert grade.mark("shop", None) is None
