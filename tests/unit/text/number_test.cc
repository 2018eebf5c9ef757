#include "tools/text/number.h"

#include "tests/support/doctest.h"

#include <cmath>
#include <limits>

namespace murmur {
namespace {

TEST_CASE("hundredths stand on their side of every double around them") {
    for (int k = -300; k <= 300; ++k) {
        const double place = k / 100.0;
        CHECK(hundredths_at_most(place) == place);
        CHECK(hundredths_at_least(place) == place);
        CHECK(hundredths_at_most(std::nextafter(place, -10.0)) == (k - 1) / 100.0);
        CHECK(hundredths_at_most(std::nextafter(place, 10.0)) == place);
        CHECK(hundredths_at_least(std::nextafter(place, 10.0)) == (k + 1) / 100.0);
        CHECK(hundredths_at_least(std::nextafter(place, -10.0)) == place);
        CHECK(hundredths_at_most(place + 0.004) == place);
    }
}

TEST_CASE("what has no hundredths stays as it is") {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    for (const double value : {1e15, 1e300, kInfinity, -kInfinity}) {
        CHECK(hundredths_at_most(value) == value);
        CHECK(hundredths_at_least(value) == value);
    }
    CHECK(std::isnan(hundredths_at_most(std::nan(""))));
}

}  // namespace
}  // namespace murmur
