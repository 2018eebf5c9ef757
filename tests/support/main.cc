#define DOCTEST_CONFIG_IMPLEMENT
#include "tests/support/doctest.h"
#include "tests/support/skip.h"

#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

namespace {

/// What CTest is told of a program that has skipped something (SKIP_RETURN_CODE).
constexpr int kSkipped = 77;

std::mutex g_mutex;
std::vector<std::string> g_skipped;

}  // namespace

void murmur::test::skip(const std::string& why) {
    const std::lock_guard lock(g_mutex);
    const char* const name = doctest::getContextOptions()->currentTest->m_name;
    g_skipped.push_back(std::string(name) + ": " + why);
}

int main(int argc, char** argv) {
    doctest::Context context(argc, argv);
    const int failed = context.run();
    for (const std::string& why : g_skipped) {
        std::printf("skipped: %s\n", why.c_str());
    }
    return failed == 0 && !g_skipped.empty() ? kSkipped : failed;
}
