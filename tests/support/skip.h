#pragma once

#include <string>

namespace murmur::test {

/// The beginning of the name of every test case that may be skipped: CTest runs these apart, and
/// counts and names them as skipped where they are.
inline constexpr const char* kMaySkip = "real data: ";

/// Says that the test case that runs cannot, and why.  `./murmur test` names it at its end.
void skip(const std::string& why);

}  // namespace murmur::test
