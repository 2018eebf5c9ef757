#include "tools/sweep/children.h"

#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/sweep/await.h"

#include <cstdio>
#include <set>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace murmur::sweep {
namespace {

using test::TemporaryFolder;

TEST_CASE("children end with their exit codes, in any order, their words in their logs") {
    const TemporaryFolder folder;
    Children children;
    children.start(7, {"sh", "-c", "echo seven; exit 3"}, folder.path() / "7");
    children.start(8, {"sh", "-c", "echo eight >&2; kill -9 $$"}, folder.path() / "8");
    CHECK(children.size() == 2);
    std::set<std::size_t> ids;
    for (int i = 0; i < 2; ++i) {
        const auto ended = children.wait();
        ids.insert(ended.id);
        CHECK(ended.exit_code == (ended.id == 7 ? 3 : 137));
        CHECK(ended.signal == (ended.id == 7 ? 0 : SIGKILL));
    }
    CHECK(ids == std::set<std::size_t>{7, 8});
    CHECK(children.size() == 0);
    CHECK(folder.read("7") == "seven\n");
    CHECK(folder.read("8") == "eight\n");
}

TEST_CASE("a program that cannot be executed says so in its log") {
    const TemporaryFolder folder;
    // ThreadSanitizer's _exit prints what was left in the buffers of the forking process, twice.
    std::fflush(nullptr);
    Children children;
    children.start(0, {"/no/such/program"}, folder.path() / "log");
    CHECK(children.wait().exit_code == 127);
    CHECK(folder.read("log") == "/no/such/program: No such file or directory\n");
}

TEST_CASE("a child reads an empty input") {
    const TemporaryFolder folder;
    Children children;
    children.start(0, {"cat"}, folder.path() / "log");
    CHECK(children.wait().exit_code == 0);
}

TEST_CASE("the first Ctrl-C asks the children to end, the second one ends them") {
    const TemporaryFolder folder;
    Children children;
    children.start(0,
                   {"sh", "-c", "trap 'echo asked' INT; echo ready; while :; do sleep 0.01; done"},
                   folder.path() / "log");
    await([&] { return folder.read("log") == "ready\n"; });
    CHECK_FALSE(children.is_interrupted());
    kill(getpid(), SIGINT);
    CHECK(children.is_interrupted());
    await([&] { return folder.read("log") == "ready\nasked\n"; });
    kill(getpid(), SIGINT);
    CHECK(children.wait().signal == SIGKILL);
}

TEST_CASE("children do not outlive the object that started them") {
    const TemporaryFolder folder;
    {
        Children children;
        children.start(0, {"sh", "-c", "echo ready; exec sleep 1000"}, folder.path() / "log");
        await([&] { return folder.read("log") == "ready\n"; });
    }
    CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
}

}  // namespace
}  // namespace murmur::sweep
