#include "tools/text/registry.h"

#include "tests/support/doctest.h"

#include <functional>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

using Make = std::function<int(const Options&)>;

void register_demo(Registry<Make>& registry) {
    registry.add({"one", "the first"}, [](const Options&) { return 1; });
    registry.add({"many", "as many as asked for", {named("count", "3", "how many")}},
                 [](const Options& options) {
                     return static_cast<int>(options.integer("count", {0, 9}));
                 });
}

TEST_CASE("a registry makes what its choices are, a program's own among them") {
    Registry<Make> registry("demo", register_demo);
    registry.add({"mine", "a user's"}, [](const Options&) { return 42; });
    const auto value = [&registry](std::string_view text) {
        const auto chosen = registry.select(text);
        return chosen.make(chosen.options);
    };
    CHECK(value("one") == 1);
    CHECK(value("many") == 3);
    CHECK(value("many:count=5") == 5);
    CHECK(value("mine") == 42);
    CHECK(registry.help().find("many[:count=3]") != std::string::npos);
    CHECK(registry.help().find("a user's") != std::string::npos);
}

TEST_CASE("what a registry does not hold, or holds already, is refused") {
    Registry<Make> registry("demo", register_demo);
    CHECK_THROWS_WITH_AS(static_cast<void>(registry.select("on")),
                         "demo: unknown, got 'on', allowed one, many; did you mean one?",
                         std::invalid_argument);
    const auto add = [&registry](const char* name) {
        registry.add({name, ""}, [](const Options&) { return 0; });
    };
    CHECK_THROWS_WITH(add("one"), "demo: 'one' is registered twice, allowed once");
    for (const char* name : {"", "Two", "a:b", "a b", "a,b"}) {
        CHECK_THROWS_AS(add(name), std::invalid_argument);
    }
}

}  // namespace
}  // namespace murmur
