#include "tools/text/csv.h"

#include "tests/support/doctest.h"
#include "tools/text/hash.h"

#include <sstream>

namespace murmur {
namespace {

using Cells = std::vector<std::string>;

TEST_CASE("cells are apart by separators; quotes and blanks around them go") {
    CHECK(csv_cells("a,b") == Cells{"a", "b"});
    CHECK(csv_cells("") == Cells{""});
    CHECK(csv_cells(",") == Cells{"", ""});
    CHECK(csv_cells(" a ,\t1 \r") == Cells{"a", "1"});
    CHECK(csv_cells("\"a,\"\"b\"\"\", c") == Cells{"a,\"b\"", "c"});
    CHECK(csv_cells("\"a\tb\"\tc", '\t') == Cells{"a\tb", "c"});
    CHECK(csv_cells("\"never closed, c") == Cells{"never closed, c"});
}

TEST_CASE("what was quoted reads back as it was") {
    for (const std::string text : {"plain", "", "a,b", "say \"no\"", "\"", ",\",", "two words"}) {
        CAPTURE(text);
        CHECK(csv_cells(csv_quoted(text) + "," + csv_quoted(text)) == Cells{text, text});
    }
    CHECK(csv_quoted("plain") == "plain");
}

TEST_CASE("a file is read line by line, and one that ends inside a line says so") {
    std::istringstream whole("a,b\n1,2\r\n\n");
    CsvReader rows(whole);
    REQUIRE(rows.next());
    CHECK(rows.cells() == Cells{"a", "b"});
    REQUIRE(rows.next());
    CHECK(rows.line_number() == 2);
    CHECK(rows.cells() == Cells{"1", "2"});
    REQUIRE(rows.next());
    CHECK(rows.cells() == Cells{""});
    CHECK_FALSE(rows.next());
    CHECK_FALSE(rows.is_cut_short());

    std::istringstream cut("a\n12");
    CsvReader shorter(cut);
    REQUIRE(shorter.next());
    CHECK_FALSE(shorter.next());
    CHECK(shorter.is_cut_short());
    CHECK(shorter.line_number() == 2);
    CHECK_FALSE(shorter.next());
    CHECK(shorter.is_cut_short());
}

// Expectation: the test vectors of FNV-1a's authors (draft-eastlake-fnv).
TEST_CASE("the hash of a text is FNV-1a") {
    static_assert(hash_text("") == 0xcbf29ce484222325);
    static_assert(hash_text("a") == 0xaf63dc4c8601ec8c);
    static_assert(hash_text("foobar") == 0x85944171f73967e8);
    CHECK(hash_text("\xff") != hash_text("\x7f"));
}

}  // namespace
}  // namespace murmur
