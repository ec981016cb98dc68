"""Files of products, without a database: encodings, separators, numbers, hostile cells, and the way there and back."""

import io
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.commerce.catalog.csv_cells import html_of, parse_price
from livehub.commerce.catalog.file import CatalogFile
from livehub.commerce.catalog.gallery import MAX_PICTURES
from livehub.commerce.catalog.html_text import plain_text
from livehub.commerce.catalog.product_csv import (
    EXPORTED,
    CsvBroken,
    FileProduct,
    FileVariant,
    Reader,
    export_rows,
    find_delimiter,
)

SHOPIFY = """Handle,Title,Body (HTML),Vendor,Type,Option1 Name,Option1 Value,Option2 Value,\
Variant SKU,Variant Inventory Qty,Variant Price,Image Src,Image Position,Variant Image
cup,Tea cup,"<p>Glazed</p><p>by <b>hand</b></p>",Mai,Kitchen > Cups,Colour,Blue,Small,\
CUP-B,5,12.50,https://x.example/a.jpg,1,https://x.example/b.jpg
cup,,,,,,Red,,CUP-R,3,13.00,https://x.example/c.jpg,2,
cup,,,,,,,,,,,https://x.example/d.jpg,3,
bowl,Bowl,,,,Title,Default Title,,,,20,,,
"""


def read(text: str, currency: str = "EUR", delimiter: str | None = None) -> list[FileProduct]:
    rows: Iterator[str] = iter(io.StringIO(text, newline=""))
    return list(Reader(rows, delimiter or find_delimiter(text), currency).products())


def faults(text: str) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.column, fault.code) for product in read(text) for fault in product.faults]


def test_shopifys_columns() -> None:
    cup, bowl = read(SHOPIFY)
    assert (cup.line, cup.handle, cup.title, cup.description) == (2, "cup", "Tea cup", "Glazed\n\nby hand")
    assert (cup.category, cup.faults) == (["Kitchen", "Cups"], [])
    assert cup.pictures == tuple(f"https://x.example/{name}.jpg" for name in "acd")
    assert cup.picture_lines == [2, 3, 4]
    assert cup.variants == [
        FileVariant(2, "CUP-B", "Blue / Small", 1250, 5, None, "https://x.example/b.jpg"),
        FileVariant(3, "CUP-R", "Red", 1300, 3),
    ]
    assert (bowl.line, bowl.description, bowl.category) == (5, "", [])
    # an article without a number gets the same one each time
    assert bowl.variants == [FileVariant(5, "BOWL-1", "", 2000)]


def test_shopifys_new_names_and_a_file_of_our_own() -> None:
    new = "Title,URL handle,Product image URL,SKU,Price,Inventory quantity,Type\nCup,cup,,C,1,2,Cups\n"
    (cup,) = read(new)
    assert (cup.handle, cup.variants, cup.category) == ("cup", [FileVariant(2, "C", "", 100, 2)], ["Cups"])
    plain = "SKU;Title;Price;Stock\nA;Tasse;12,50;3\nB;Schale;1.200,00;4\n\n;;;\n"
    one, other = read(plain)
    assert [(p.handle, p.title, p.variants[0].price_minor) for p in (one, other)] == [
        (None, "Tasse", 1250),
        (None, "Schale", 120000),
    ]


def test_pictures_in_their_order() -> None:
    head = "Handle,Title,SKU,Price,Image Src,Image Position\n"
    lines = "a,A,S1,1,http://x/3,3\na,,S2,1,http://x/1,1\na,,,,http://x/2,2\na,,,,http://x/1,4\na,,,,http://x/4,\n"
    (found, other) = read(head + lines + "b,B,S3,1,,\n")
    assert found.pictures == tuple(f"http://x/{n}" for n in (1, 2, 3, 4))
    assert (found.picture_lines, len(found.variants)) == ([3, 4, 2, 6], 2)
    assert (other.picture, other.pictures) == (None, ())
    # without positions, and with ones that are none, as they come
    plain = head + "a,A,S1,1,http://x/2,x\na,,,,http://x/1,\n"
    assert read(plain)[0].pictures == ("http://x/2", "http://x/1")
    many = "".join(f"a,A,S{n},1,http://x/{n},\n" for n in range(MAX_PICTURES + 1))
    assert faults(head + many) == [(MAX_PICTURES + 2, "Image Src", "too_many_pictures")]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_pictures_are_written_and_read_again(count: int) -> None:
    urls = [f"https://x.example/{n}.webp" for n in range(count)]
    variants = [FileVariant(0, "S1", "a", 100, 1), FileVariant(0, "S2", "b", 100, 1)]
    first, rest = (urls[0], urls[1:]) if urls else (None, [])
    product = FileProduct(0, "h", "T", "", [], first, variants, more_pictures=rest)
    (found,) = back([product])
    assert (found.pictures, len(found.variants), found.faults) == (tuple(urls), 2, [])


def test_what_is_wrong_is_told_by_line_and_column() -> None:
    head = "Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty,Image Src\n"
    assert faults(head + "a,A,S1,free,2,\n") == [(2, "Variant Price", "price_unreadable")]
    assert faults(head + "a,A,S1,1,many,\n") == [(2, "Variant Inventory Qty", "count_unreadable")]
    assert faults(head + "a,A,S1,1,1,file:///etc/passwd\n") == [(2, "Image Src", "url_unusable")]
    assert faults(head + "a,A,S1,1,1,\nb,B,S1,1,1,\n") == [(3, "Variant SKU", "sku_again")]
    assert faults(head + "a,A,S1,1,1,\nb,B,S2,1,1,\na,A,S3,1,1,\n") == [(4, "Handle", "handle_again")]
    assert faults(head + "a b,A,S1,1,1,\n") == [(2, "Handle", "handle_unusable")]
    assert faults(head + f"a,{'x' * 200},S1,1,1,\n") == [(2, "Title", "text_unusable")]
    assert faults(head + "a,\u202eA,S1,1,1,\n") == [(2, "Title", "text_unusable")]
    many = "".join(f"a,A,S{n},1,1,\n" for n in range(102))
    assert faults(head + many) == [(102, "", "too_many_variants")]
    # lines are those of the file, also when a cell has several
    assert faults(head + '"a","A\n\nB",S1,1,1,\nb,B,S2,x,1,\n')[-1] == (5, "Variant Price", "price_unreadable")


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("Colour,Size\nx,y\n", "columns_unknown", 1),
        ("", "columns_unknown", 1),
        ('Title,SKU\n"a"b,c\n', "csv_broken", 2),
        ('Title,SKU\na,b\n"never closed,c\nd,e\n', "csv_broken", 4),
    ],
)
def test_what_is_no_file_of_products(text: str, code: str, line: int) -> None:
    with pytest.raises(CsvBroken) as broken:
        read(text)
    assert (broken.value.code, broken.value.line) == (code, line)


@pytest.mark.parametrize(
    ("text", "exponent", "minor"),
    [
        ("12.50", 2, 1250), ("12,50", 2, 1250), ("12", 2, 1200), ("12.5", 2, 1250), ("1,234.50", 2, 123450),
        ("1.234,50", 2, 123450), ("1 234,50", 2, 123450), ("1'234.50", 2, 123450), ("12.500", 2, None),
        ("1,234", 2, None), ("1200", 0, 1200), ("1200.00", 0, 1200), ("1200.50", 0, None), ("1.234", 3, 1234),
        ("0", 2, None), ("-1", 2, None), ("1e3", 2, None), ("€5", 2, None), ("", 2, None), ("9" * 40, 2, None),
        ("1.2.3", 2, None), ("12.50.", 2, None), ("\u0661\u0662", 2, None),
    ],
)  # fmt: skip
def test_prices(text: str, exponent: int, minor: int | None) -> None:
    assert parse_price(text, exponent) == minor


def test_html_becomes_lines_and_scripts_become_nothing() -> None:
    assert plain_text("a < b & c") == "a < b & c"
    assert plain_text("<p>One</p><ul><li>two</li></ul>&amp; <script>alert(1)</script>three") == "One\n\ntwo\n\n& three"
    assert plain_text(html_of("a <b>\n& c")) == "a <b>\n& c"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<!-- x > y -->b<!doctype html>c", "abc"), ("<a title='x>y'>one</a> I <3 <br/>you", "one I <3\nyou"),
        ("3 <b 4", "3 <b 4"), ("a<a title='x>b", "ab"), ("<>a</ b>", "<>a</ b>"), ("a<!-- b", "a<!-- b"),
        ("a<style>p{}</style>b<script>never", "ab"), ("<SCRIPT>a</scripty>b</ScRiPt >c", "c"),
        ("<template><p>no</p><script></template></script></template>&lt;yes&gt;", "<yes>"),
        ("<p>&#99999999999;", "\ufffd"),
    ],
)  # fmt: skip
def test_html_as_people_write_it(html: str, text: str) -> None:
    assert plain_text(html) == text


@pytest.mark.parametrize(
    "piece", ["<a ", "<a '", '<a "=', "<a/", "<a b='", "<!--", "<![CDATA[", "</", "<!", "&", "&a", "<script></", "<"]
)
def test_html_without_an_end_takes_no_time(piece: str) -> None:
    """As much as a cell may hold. It took minutes, in which the whole server stood still."""
    hostile = f"<p>{piece * (131_000 // len(piece))}"
    began = time.process_time()
    plain_text(hostile)
    assert time.process_time() - began < 1


def test_numbers_of_thousands_of_digits_are_no_numbers() -> None:
    assert plain_text(f"<p>&#{'9' * 100_000};") == "\ufffd"
    assert parse_price(f"1{',234' * 2000}.00", 2) is None


@pytest.mark.parametrize("title", ["=cmd|' /C calc'!A0", "+1", "@SUM(A1)", "＝1+1", "＠SUM(A1)"])
def test_a_formula_comes_back_as_it_was(title: str) -> None:
    """The wide marks too: spreadsheets in East Asia read them as the narrow ones."""
    product = FileProduct(0, "a", title, "", [], None, [FileVariant(0, "-1", "@x", 100, 1)])
    (row,) = export_rows([product], 2)
    assert f"'{title}" in row
    assert not any(cell.startswith(tuple("=+-@＝＋－＠")) for cell in row)
    assert back([product])[0].title == product.title
    assert back([product])[0].variants[0].sku == "-1"


def back(products: list[FileProduct]) -> list[FileProduct]:
    """Written and read again."""
    out = io.StringIO(newline="")
    rows = [list(EXPORTED), *export_rows(products, 2)]
    for row in rows:
        out.write(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n")
    return read(out.getvalue(), delimiter=",")


_WORDS = st.text("abcÄ語,;\"'<&=+-@ ", min_size=1, max_size=12).map(lambda text: f"x{text}".strip())


@given(title=_WORDS, description=st.lists(_WORDS, max_size=3).map("\n".join), options=st.lists(_WORDS, max_size=3))
def test_what_was_written_is_read_again(title: str, description: str, options: list[str]) -> None:
    plain = " ".join(title.split())
    variants = [
        FileVariant(0, f"S{n}", " ".join(option.split()), 100 + n, n) for n, option in enumerate(options or [""])
    ]
    (found,) = back([FileProduct(0, "h", plain, description, ["A", "B"], None, variants)])
    assert (found.title, found.category, found.faults) == (plain, ["A", "B"], [])
    assert [(v.sku, v.price_minor, v.stock) for v in found.variants] == [
        (v.sku, v.price_minor, v.stock) for v in variants
    ]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("Title;SKU;Price\nTässchen;A;1,00\n".encode(), "utf-8"),
        ("\ufeffTitle;SKU;Price\nTässchen;A;1,00\n".encode(), "utf-8"),
        ("\ufeffTitle;SKU;Price\nTässchen;A;1,00\n".encode("utf-16-le"), "utf-16-le"),
        ("\ufeffTitle;SKU;Price\nTässchen;A;1,00\n".encode("utf-16-be"), "utf-16-be"),
        ("Title;SKU;Price\nTässchen;A;1,00\n".encode("cp1252"), "cp1252"),
        ("sep=;\r\nTitle;SKU;Price\r\nTässchen;A;1,00\r\n".encode(), "utf-8"),
        ("\ufeffTitle\tSKU\tPrice\nTässchen\tA\t1,00\n".encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_files_as_spreadsheets_write_them(data: bytes, encoding: str) -> None:
    file = CatalogFile()
    file.write(data)
    opened = file.open("EUR")
    (product,) = opened.take(10)
    assert (opened.encoding, product.title, product.variants[0].sku) == (encoding, "Tässchen", "A")
    assert product.variants[0].price_minor == 100
    assert opened.take(10) == []
    file.close()


def test_a_line_that_is_no_line() -> None:
    file = CatalogFile()
    file.write(b"Title,SKU,Price\n" + b"x" * 2_100_000)
    opened = file.open("EUR")
    with pytest.raises(CsvBroken):
        opened.take(1)
    file.close()
    file = CatalogFile()
    file.write(b"Title,SKU,Price\nA\0B,C,1\n")
    with pytest.raises(CsvBroken):
        file.open("EUR").take(1)
    file.close()
