#include "tools/compare/write_comparison.h"

#include "tools/compare/collect.h"
#include "tools/compare/comparison.h"
#include "tools/compare/comparison_page.h"
#include "tools/sweep/tables.h"

#include <utility>

namespace murmur::compare {

std::vector<std::string> write_comparison(const std::vector<std::filesystem::path>& folders,
                                          const std::filesystem::path& out) {
    std::vector<std::string> notes;
    std::vector<Member> members = collect(folders, notes);
    const Comparison comparison = make_comparison(std::move(members), std::move(notes));
    create_directories(out);
    sweep::replace_file(out / "compare.csv", tidy_table(comparison));
    sweep::replace_file(out / "compare.html", render(comparison));
    return comparison.notes;
}

}  // namespace murmur::compare
