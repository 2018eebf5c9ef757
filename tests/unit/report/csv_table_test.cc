#include "emulator/report/csv_table.h"

#include "tests/support/doctest.h"

#include <cmath>
#include <sstream>
#include <stdexcept>

using namespace murmur::report;

namespace {

CsvTable read(const std::string& text, const std::vector<std::string_view>& columns) {
    std::istringstream in(text);
    return read_csv(in, "metrics.csv", {.numbers = columns});
}

}  // namespace

TEST_CASE("columns are found by name, others ignored, empty cells are not available") {
    const CsvTable table = read("b,unknown,a\n1,x,2.5\n,y,-3e2\n", {"a", "b"});
    REQUIRE(table.rows() == 2);
    CHECK(table["a"] == std::vector<double>{2.5, -300});
    CHECK(table["b"][0] == 1);
    CHECK(std::isnan(table["b"][1]));
    CHECK_FALSE(table.is_cut_short());
}

TEST_CASE("a diverged run's nan and inf are read; numbers out of range are not available") {
    const CsvTable table = read("a\nnan\ninf\n-inf\n1e999\n", {"a"});
    CHECK(std::isnan(table["a"][0]));
    CHECK(std::isinf(table["a"][1]));
    CHECK(table["a"][2] < 0);
    CHECK(std::isnan(table["a"][3]));
}

TEST_CASE("line ends of other systems are taken off") {
    CHECK(read("a,b\r\n1,2\r\n", {"a", "b"})["b"] == std::vector<double>{2});
}

TEST_CASE("a row that the killed writer did not finish is left out") {
    const CsvTable table = read("a,b\n1,2\n3,4", {"a", "b"});
    CHECK(table.rows() == 1);
    CHECK(table.is_cut_short());
    CHECK(read("a,b\n1,2\n3", {"a", "b"}).rows() == 1);
    CHECK(read("a,", {"a", "b"}).is_cut_short());
    CHECK(read("", {"a"}).is_cut_short());
    CHECK(read("a\n", {"a"}).is_empty());
    CHECK_FALSE(read("a\n", {"a"}).is_cut_short());
}

TEST_CASE("malformed tables are refused with file and line") {
    CHECK_THROWS_WITH_AS(read("a,b\n1,2\n", {"a", "node"}),
                         "metrics.csv:1: no column 'node' in the header",
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(read("a,b\n1,2\n1,2,3\n", {"a", "b"}),
                         "metrics.csv:3: 3 cells, expected 2 as in the header",
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(read("a,b\n1,2\n\n1,2\n", {"a", "b"}),
                         "metrics.csv:3: 1 cells, expected 2 as in the header",
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(read("a,b\n1,2\n1,2\n1,abc\n", {"a", "b"}),
                         "metrics.csv:4: column b: not a number, got 'abc'",
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(read("a\n1.5x\n", {"a"}),
                         "metrics.csv:2: column a: not a number, got '1.5x'",
                         std::runtime_error);
}

TEST_CASE("a table that was never read has empty columns") {
    CHECK(CsvTable()["anything"].empty());
    CHECK(CsvTable().is_empty());
}
