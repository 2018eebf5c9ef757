#pragma once

#include "tests/support/places.h"

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace murmur::test {

/// Returns a page of docs/.
inline std::string read_page(const std::string& name) {
    std::ifstream file(repository() / "docs" / name);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Returns the section of a page below a heading, up to the next one.
inline std::string section_of(const std::string& page, const std::string& heading) {
    const std::size_t begin = page.find("\n## " + heading + "\n");
    return begin == std::string::npos ? ""
                                      : page.substr(begin, page.find("\n## ", begin + 1) - begin);
}

/// Returns the names in the first cells of a section's rows, ``| `NAME` |``, in their order, heads
/// of tables apart.
inline std::vector<std::string> row_names(const std::string& section) {
    constexpr std::string_view kBegin = "\n| `";
    std::vector<std::string> names;
    for (std::size_t at = section.find(kBegin); at != std::string::npos;
         at = section.find(kBegin, at + 1)) {
        if (section.compare(section.find('\n', at + 1), 6, "\n| ---") == 0) {
            continue;
        }
        const std::size_t name = at + kBegin.size();
        names.push_back(section.substr(name, section.find('`', name) - name));
    }
    return names;
}

}  // namespace murmur::test
