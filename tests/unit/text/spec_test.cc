#include "tools/text/spec.h"

#include "tests/support/doctest.h"

#include <stdexcept>
#include <string>

namespace murmur {
namespace {

Options options_of(std::string_view text) {
    return {"dataset demo",
            parse_spec(text),
            {named("noise", "0.25", "deviation"),
             named("train", "7", "samples"),
             word("mode", {"fast", "slow"}, "how"),
             unset("limit", "TIME", "at most")}};
}

Options path_of(std::string_view text) {
    return {"dataset text",
            parse_spec(text),
            {rest("file", "FILE", "any text"), named("length", "80", "characters")}};
}

TEST_CASE("options are read by type and fall back to what was declared") {
    const Options options = options_of("demo:train=12,noise=0.5,mode=slow");
    CHECK(options.integer("train", {1, 100}) == 12);
    CHECK(options.number("noise", {0, 1}) == 0.5);
    CHECK(options.choice<int>("mode", {{"fast", 1}, {"slow", 2}}) == 2);
    CHECK(options.below_one("noise") == 0.5);
    CHECK_FALSE(options.has("limit"));
    CHECK(options_of("demo").integer("train", {1, 100}) == 7);
    CHECK(options_of("demo").number("noise", {0, 1}) == 0.25);
    CHECK(options_of("demo").choice<int>("mode", {{"fast", 1}, {"slow", 2}}) == 1);
}

TEST_CASE("malformed options are refused with what is allowed") {
    CHECK_THROWS_WITH_AS(
        options_of("demo:size=3"),
        "dataset demo: unknown option, got 'size', allowed keys: noise, train, mode, limit",
        std::invalid_argument);
    CHECK_THROWS_WITH(options_of("demo:train=1,train=2"),
                      "dataset demo: option 'train' is given twice, allowed once");
    CHECK_THROWS_WITH(options_of("demo:mode=fasr").choice<int>("mode", {{"fast", 1}}),
                      "dataset demo: mode: unknown, got 'fasr', allowed fast; did you mean fast?");
    for (const char* entry : {"train", "train=", "=3", ""}) {
        CHECK_THROWS_WITH(options_of("demo:" + std::string(entry)),
                          ("dataset demo: an option must be key=value, got '" + std::string(entry) +
                           "', allowed keys: noise, train, mode, limit")
                              .c_str());
    }
    CHECK_THROWS_WITH((void)options_of("demo:noise=1.0").below_one("noise"),
                      "dataset demo: noise: got 1.0, allowed 0 and above, below 1");
    CHECK_THROWS_AS((void)options_of("demo:noise=-1").below_one("noise"), std::invalid_argument);
    CHECK_THROWS_WITH(Options("sharing full", parse_spec("full:0.5"), {}),
                      "sharing full: takes no argument, got '0.5'");
}

TEST_CASE("a path is all that is no option, and may hold colons, commas and equals signs") {
    CHECK(path_of("text:C:/a,b/c=1:d").text("file") == "C:/a,b/c=1:d");
    const Options options = path_of("text:/a:b/c,length=12");
    CHECK(options.text("file") == "/a:b/c");
    CHECK(options.integer("length", {1, 100}) == 12);
    CHECK_THROWS_WITH(path_of("text"),
                      "dataset text: the file is missing, allowed text:FILE[,length=80]");
    CHECK_THROWS_WITH(
        path_of("text:/a,lenght=12"),
        "dataset text: unknown option, got 'lenght', allowed keys: length; did you mean "
        "length?");
}

TEST_CASE("values are known by their places") {
    const auto small_world = [](std::string_view text) {
        return Options("topology small-world",
                       parse_spec(text),
                       {positional("K", "K", "nearest"), positional("P", "P", "rewired")});
    };
    CHECK(small_world("small-world:4:0.1").text("K") == "4");
    CHECK(small_world("small-world:4:0.1").text("P") == "0.1");
    CHECK_THROWS_WITH(small_world("small-world:4"),
                      "topology small-world: the P is missing, allowed small-world:K:P");
}

TEST_CASE("words that are there or not, places that may be left out, lists without a name") {
    const auto file = [](std::string_view text) {
        return Options("topology file",
                       parse_spec(text),
                       {rest("file", "PATH", "a graph"), flag("undirected", "both ways")});
    };
    CHECK(file("file:/a,b,undirected").text("file") == "/a,b");
    CHECK(file("file:/a,b,undirected").has("undirected"));
    CHECK_FALSE(file("file:/a,b").has("undirected"));
    CHECK_THROWS_WITH(file("file:/a,undirected,undirected"),
                      "topology file: option 'undirected' is given twice, allowed once");
    CHECK_THROWS_WITH(file("file:undirected"),
                      "topology file: the file is missing, allowed file:PATH[,undirected]");

    const std::vector<OptionForm> regions{may_be_left_out(rest("names", "NAME,...", "regions")),
                                          named("rate", "1Gbps", "uplinks")};
    CHECK(syntax_of("sites", regions) == "sites[:NAME,...,rate=1Gbps]");
    const Options two("underlay sites", parse_spec("sites:east,west,rate=2Gbps"), regions);
    CHECK(two.list("names") == std::vector<std::string>{"east", "west"});
    CHECK(two.text("rate") == "2Gbps");
    CHECK(Options("underlay sites", parse_spec("sites"), regions).list("names").empty());

    const Options tcp = Options::of_list(
        "--tcp",
        "limit=3,reno",
        {may_be_left_out(rest("control", "reno", "which"), "cubic"), named("limit", "1", "most")});
    CHECK(tcp.text("control") == "reno");
    CHECK(tcp.integer("limit", {1, 9}) == 3);
}

TEST_CASE("the syntax says what must and what may be given") {
    CHECK(syntax_of("ring", {}) == "ring");
    CHECK(syntax_of("top-k", {named("alpha", "0.1", "")}) == "top-k[:alpha=0.1]");
    CHECK(syntax_of("gossip",
                    {required("period", "TIME", ""), word("peers", {"any", "overlay"}, "")}) ==
          "gossip:period=TIME[,peers=any|overlay]");
    CHECK(syntax_of("text", {rest("file", "FILE", ""), named("length", "80", "")}) ==
          "text:FILE[,length=80]");
}

}  // namespace
}  // namespace murmur
