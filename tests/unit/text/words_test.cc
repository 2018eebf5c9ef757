#include "tools/text/words.h"

#include "tests/support/doctest.h"

#include <string>
#include <vector>

namespace murmur {
namespace {

TEST_CASE("split keeps empty parts") {
    CHECK(split("", ',').size() == 1);
    const auto parts = split("a,,b,", ',');
    REQUIRE(parts.size() == 4);
    CHECK(parts[0] == "a");
    CHECK(parts[1].empty());
    CHECK(parts[3].empty());
}

TEST_CASE("what is shown of a text fits one line, whatever it holds") {
    CHECK(shown("10Mbps") == "10Mbps");
    CHECK(shown("a\nb\r\x1b[2J") == "a b [2J");
    CHECK(shown(std::string("a\0b", 3)) == "a b");
    CHECK(shown("a\xff") == "a?");
    const std::string long_text(50'000'000, 'x');
    CHECK(shown(long_text) == std::string(77, 'x') + "...");
    // Letters of two bytes are counted, and cut, as letters.
    CHECK(shown("aaa\xc3\xa4", 4) == "aaa\xc3\xa4");
    CHECK(shown("aa\xc3\xa4zz", 4) == "a...");
}

TEST_CASE("edit distances are those of the definition") {
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance("top-k", "top-k") == 0);
    CHECK(edit_distance("flwo", "flow") == 1);
    CHECK(edit_distance("ca", "abc") == 3);  // letters that changed places stay as they are
}

TEST_CASE("a slip of the hand is guessed, another word is not") {
    const std::vector<std::string> words{"full", "plain-average", "top-k", "random"};
    CHECK(did_you_mean("topk", words) == "; did you mean top-k?");
    CHECK(did_you_mean("randon", words) == "; did you mean random?");
    CHECK(did_you_mean("gossip", words).empty());
    CHECK(did_you_mean("", words).empty());
}

}  // namespace
}  // namespace murmur
