// The table of messages that are under way, against a plain one.
#include "emulator/run/messages_under_way.h"

#include "learning/random_stream.h"
#include "tests/support/doctest.h"

#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <vector>

namespace murmur {
namespace {

using ns3::murmuration::Message;

std::vector<std::uint64_t> ids(const std::vector<Message>& messages) {
    std::vector<std::uint64_t> found;
    for (const Message& message : messages) {
        found.push_back(message.id);
    }
    return found;
}

TEST_CASE("messages under way are found by either end, in the order of their ids") {
    constexpr NodeId kNodes = 7;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        RandomStream draw(seed);
        MessagesUnderWay table(kNodes);
        std::map<std::uint64_t, Message> plain;
        std::uint64_t next = 0;
        for (int step = 0; step < 3000; ++step) {
            // Waxing and waning, so that the table grows and slots are used again.
            const bool grows = draw.below(100) < ((step / 500) % 2 == 0 ? 65U : 35U);
            if (grows || plain.empty()) {
                Message message;
                message.id = next++;
                message.from = static_cast<NodeId>(draw.below(kNodes));
                message.to =
                    static_cast<NodeId>((message.from + 1 + draw.below(kNodes - 1)) % kNodes);
                plain[message.id] = message;
                table.add(message);
            } else {
                const auto which =
                    std::next(plain.begin(), static_cast<std::ptrdiff_t>(draw.below(plain.size())));
                table.remove(which->first);
                plain.erase(which);
                table.remove(next + draw.below(10));  // of none
            }
            if (step % 100 != 0) {
                continue;
            }
            REQUIRE(table.size() == plain.size());
            for (NodeId node = 0; node < kNodes; ++node) {
                std::vector<std::uint64_t> expected;
                for (const auto& [id, message] : plain) {
                    if (message.from == node || message.to == node) {
                        expected.push_back(id);
                    }
                }
                REQUIRE(ids(table.of(node)) == expected);
                REQUIRE(table.has(node) == !expected.empty());
            }
        }
    }
}

TEST_CASE("a message that has ended is held on to by nobody") {
    MessagesUnderWay table(2);
    const auto content = std::make_shared<int>(1);
    Message message;
    message.to = 1;
    message.content = content;
    table.add(message);
    message.content.reset();
    CHECK(content.use_count() == 2);
    table.remove(0);
    CHECK(content.use_count() == 1);
}

}  // namespace
}  // namespace murmur
