"""Cells share the slots of an agent: one may take nearly all, and none goes without."""

from server.access.shares import Share, Slots


class Cell:
    def __init__(self, slots: Slots) -> None:
        self.held = 0
        self.share: Share = slots.join(lambda: self.held)

    def fill(self) -> int:
        self.held = max(self.share.size, self.held)
        return self.held


def test_a_cell_alone_holds_all() -> None:
    assert Cell(Slots(500)).fill() == 500


def test_the_first_of_several_leaves_a_tenth() -> None:
    slots = Slots(500)
    first, second, third = (Cell(slots) for _ in range(3))
    assert [first.fill(), second.fill(), third.fill()] == [450, 50, 0]
    first.held -= 100
    assert third.fill() == 100
    first.held = 0
    second.fill()
    assert (first.fill(), second.held, third.held) == (50, 350, 100)


def test_an_even_share_is_had_where_slots_are_free() -> None:
    slots = Slots(64)
    cells = [Cell(slots) for _ in range(64)]
    assert cells[0].fill() == 57
    assert [cell.fill() for cell in cells[1:]] == [1] * 7 + [0] * 56


def test_one_slot_is_had_by_whoever_comes() -> None:
    slots = Slots(1)
    first, second = Cell(slots), Cell(slots)
    assert (first.fill(), second.share.size) == (1, 0)
    first.held = 0
    assert second.fill() == 1


def test_what_is_being_claimed_counts_as_taken() -> None:
    slots = Slots(10)
    first, second = Cell(slots), Cell(slots)
    with first.share.reserve(8):
        assert second.fill() == 2
    assert first.share.size == 7


def test_a_cell_that_is_left_takes_nothing() -> None:
    slots = Slots(10)
    first, second = Cell(slots), Cell(slots)
    first.fill()
    first.share.close()
    assert second.fill() == 10
