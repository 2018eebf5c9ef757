#include "emulator/base/csv_file.h"

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

TEST_CASE("a number is written with as many digits as it needs to read back the same") {
    for (const double value : {0.1, 1.0 / 3, 1e-300, 6.02214076e23, -0.0, 123456789.125}) {
        CHECK(std::stod(csv_number(value)) == value);
    }
    CHECK(csv_number(0.1) == "0.1");
    CHECK(csv_number(20) == "20");
    CHECK(csv_number(std::numeric_limits<double>::infinity()) == "inf");
}

TEST_CASE("a number that does not exist is an empty field") {
    CHECK(csv_number(std::nan("")).empty());
}

}  // namespace
}  // namespace murmur
