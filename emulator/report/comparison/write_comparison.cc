#include "emulator/report/comparison/write_comparison.h"

#include "emulator/report/comparison/collect.h"
#include "emulator/report/comparison/comparison.h"
#include "emulator/report/comparison/comparison_page.h"
#include "emulator/report/write_file.h"

#include <utility>

namespace murmur::compare {

std::vector<std::string> write_comparison(const std::vector<std::filesystem::path>& folders,
                                          const std::filesystem::path& out) {
    std::vector<std::string> notes;
    std::vector<Member> members = collect(folders, notes);
    const Comparison comparison = make_comparison(std::move(members), std::move(notes));
    create_directories(out);
    report::write_file(out / "compare.csv", tidy_table(comparison));
    report::write_file(out / "compare.html", render(comparison));
    return comparison.notes;
}

}  // namespace murmur::compare
