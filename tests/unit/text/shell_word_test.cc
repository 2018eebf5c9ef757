#include "tools/text/shell_word.h"

#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <cstdlib>
#include <string>

namespace murmur {
namespace {

TEST_CASE("a shell reads a word as the text that it was made of") {
    CHECK(shell_word("--lr=0.1") == "--lr=0.1");
    CHECK(shell_word("it's") == "'it'\\''s'");
    const test::TemporaryFolder folder;
    const std::string file = shell_word(folder.path() / "said");
    for (const std::string text :
         {"", "a b", "$HOME", "~", "it's", "a=b", "*", "a\\b\"c`d`", "#", "!"}) {
        REQUIRE(std::system(("printf %s " + shell_word(text) + " >" + file).c_str()) == 0);
        CHECK(folder.read("said") == text);
        // Nor does it do anything as the first word.
        CHECK(std::system((shell_word(text) + " 2>/dev/null").c_str()) != 0);
    }
}

}  // namespace
}  // namespace murmur
