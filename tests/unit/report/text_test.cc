#include "emulator/report/text.h"

#include "tests/support/doctest.h"

#include <limits>

using namespace murmur::report;

TEST_CASE("escape leaves nothing that HTML or XML could take for markup") {
    CHECK(escape("<script>alert(\"1\" & '2')</script>") ==
          "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
    CHECK(escape("&amp;") == "&amp;amp;");
    CHECK(escape("plain, 5 Mbit/s") == "plain, 5 Mbit/s");
    CHECK(escape("Zürich · 模型") == "Zürich · 模型");
    CHECK(escape("") == "");
}

TEST_CASE("escape replaces what XML cannot hold") {
    using namespace std::string_view_literals;
    CHECK(escape("a\0b\x1b[0m\x7f"sv) == "a\uFFFDb\uFFFD[0m\uFFFD");
    CHECK(escape("line\nbreak\tand tab") == "line\nbreak\tand tab");
    CHECK(escape("broken \xff\xfe utf-8") == "broken \uFFFD\uFFFD utf-8");
    CHECK(escape("cut \xe6\xa8") == "cut \uFFFD");
}

TEST_CASE("numbers have three significant digits") {
    CHECK(format_number(0) == "0");
    CHECK(format_number(7) == "7");
    CHECK(format_number(0.012345) == "0.0123");
    CHECK(format_number(45.678) == "45.7");
    CHECK(format_number(-45.678) == "-45.7");
    CHECK(format_number(1234) == "1,234");
    CHECK(format_number(1234.5) == "1,234");
    CHECK(format_number(1.5e-7) == "1.50×10⁻⁷");
    CHECK(format_number(3.4e38) == "3.40×10³⁸");
    CHECK(format_number(std::numeric_limits<double>::quiet_NaN()) == "n/a");
    CHECK(format_number(-std::numeric_limits<double>::infinity()) == "n/a");
}

TEST_CASE("counts are grouped by thousands") {
    CHECK(format_count(0) == "0");
    CHECK(format_count(999) == "999");
    CHECK(format_count(1000) == "1,000");
    CHECK(format_count(1234567) == "1,234,567");
    CHECK(format_count(-123456) == "-123,456");
}

TEST_CASE("quantities take the unit that reads best") {
    CHECK(format_quantity(Unit::kSeconds, 0) == "0 s");
    CHECK(format_quantity(Unit::kSeconds, 2.5e-5) == "25 µs");
    CHECK(format_quantity(Unit::kSeconds, 0.0125) == "12.5 ms");
    CHECK(format_quantity(Unit::kSeconds, 90) == "90 s");
    CHECK(format_quantity(Unit::kSeconds, 744) == "12.4 min");
    CHECK(format_quantity(Unit::kSeconds, 9000) == "2.50 h");
    CHECK(format_quantity(Unit::kSeconds, 864000) == "10 d");
    CHECK(format_quantity(Unit::kBytes, 999) == "999 B");
    CHECK(format_quantity(Unit::kBytes, 359336) == "359 kB");
    CHECK(format_quantity(Unit::kBytes, 1.8e9) == "1.80 GB");
    CHECK(format_quantity(Unit::kPercent, 0.6125) == "61.3 %");
    CHECK(format_quantity(Unit::kNumber, 12) == "12");
    CHECK(format_quantity(Unit::kBytes, std::numeric_limits<double>::quiet_NaN()) == "n/a");
}
