"""Which files of a folder are pictures, and what is said of the others."""

from pathlib import Path


def test_endings_count_in_any_case(shelf, picture):
    for name in ("a.PNG", "b.Jpg", "c.jfif", "d.TIF", "e.GIF", "f.ppm", "g.JPEG", "h.bmp", "i.webp", "j.pgm"):
        picture(f"in/{name}", mode="L", **({"format": "JPEG"} if name == "c.jfif" else {}))
    described = shelf.prepare("image_folder", path="in", channels=1)
    assert described["n_train"] + described["n_test"] == 10


def test_what_no_ending_tells_is_counted(shelf, album):
    album("in", 3)
    for name in ("a.heic", "b.heic", "c.txt", "d", "e.1", "f.2", "g.3"):
        Path("in", name).write_text("")
    note = shelf.check("image_folder", path="in").notes[0]
    assert note.startswith("3 pictures: 3 RGB. test part: 1 of 3 files, drawn at random. ")
    assert note.endswith(". left out: other files, 2 '.heic', 1 '.1', 1 '.2', 1 '.3', 1 '.txt' and 1 more")
