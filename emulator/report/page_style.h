#pragma once

#include <string_view>

namespace murmur::report {

/// The style sheet of the page: colors for light and dark, layout, and the classes that charts use.
extern const std::string_view kPageStyle;

}  // namespace murmur::report
