#include "emulator/base/csv_file.h"

#include "emulator/base/columns.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

TEST_CASE("the header is on disk at once, a line after each flush") {
    const test::TemporaryFolder folder;
    CsvFile file(folder.path() / "a.csv", "x,y");
    CHECK(test::read_text(folder.path() / "a.csv") == "x,y\n");
    file.add("1,2");
    file.flush();
    CHECK(test::read_text(folder.path() / "a.csv") == "x,y\n1,2\n");
}

TEST_CASE("a file that cannot be created is an error with the system's reason") {
    CHECK_THROWS_WITH_AS(CsvFile("/no/such/folder/a.csv", "x"),
                         "cannot write /no/such/folder/a.csv: No such file or directory",
                         std::runtime_error);
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "file", "");
    const std::string below = (folder.path() / "file/a.csv").string();
    CHECK_THROWS_WITH_AS(CsvFile(below, "x"),
                         ("cannot write " + below + ": Not a directory").c_str(),
                         std::runtime_error);
}

TEST_CASE("a full disk is an error at the header") {
    CHECK_THROWS_WITH_AS(CsvFile("/dev/full", "x,y"),
                         "cannot write /dev/full: No space left on device",
                         std::runtime_error);
}

std::string cell(double value) {
    std::string row;
    append_cell(value, row);
    return row;
}

TEST_CASE("a number is written with as many digits as it needs to read back the same") {
    for (const double value : {0.1, 1.0 / 3, 1e-300, 6.02214076e23, -0.0, 123456789.125}) {
        CHECK(std::stod(cell(value)) == value);
    }
    CHECK(cell(0.1) == "0.1");
    CHECK(cell(20) == "20");
    CHECK(cell(std::numeric_limits<double>::infinity()) == "inf");
}

TEST_CASE("a number that does not exist is an empty field") {
    CHECK(cell(std::nan("")).empty());
}

TEST_CASE("lines that several threads make are in the order of their items") {
    const test::TemporaryFolder folder;
    for (const unsigned threads : {0u, 1u, 3u}) {
        for (const std::size_t items : {std::size_t{0}, std::size_t{8192}, std::size_t{50'001}}) {
            CsvFile file(folder.path() / "a.csv", "x");
            std::string expected = "x\n";
            file.add_in_batches(items, threads, [](std::size_t item, std::string& lines) {
                lines += item % 3 == 0 ? "" : std::to_string(item) + "\n";
            });
            file.flush();
            for (std::size_t item = 0; item < items; ++item) {
                expected += item % 3 == 0 ? "" : std::to_string(item) + "\n";
            }
            CHECK(test::read_text(folder.path() / "a.csv") == expected);
        }
    }
    CsvFile file(folder.path() / "a.csv", "x");
    CHECK_THROWS_AS(file.add_in_batches(
                        20'000,
                        2,
                        [](std::size_t item, std::string&) {
                            if (item == 10'000) {
                                throw std::out_of_range("item");
                            }
                        }),
                    std::out_of_range);
}

}  // namespace
}  // namespace murmur
