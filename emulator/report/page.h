#pragma once

#include "emulator/report/figures.h"
#include "emulator/report/run_folder.h"

#include <string>
#include <string_view>

namespace murmur::report {

/// Returns the report as one HTML page, which is well-formed XML too.  It loads nothing and runs
/// no script, and its content security policy forbids both.
[[nodiscard]] std::string render_page(const RunFolder& run);

/// Returns a page of this title with this body, in the style of the report: it loads nothing and
/// runs no script.
/// @param title   plain text
/// @param body    HTML
/// @param footer  HTML
[[nodiscard]] std::string html_page(std::string_view title,
                                    std::string_view body,
                                    std::string_view footer);

/// Returns a figure as a card, for a `<div class="grid">`.
[[nodiscard]] std::string card(const Figure& figure);

}  // namespace murmur::report
