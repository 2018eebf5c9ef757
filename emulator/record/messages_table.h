#pragma once

#include "emulator/base/columns.h"
#include "emulator/base/sim_time.h"
#include "emulator/record/message_row.h"

#include <optional>
#include <string_view>

namespace murmur {

// The columns of a table, each with its unit, its meaning and where its value is: the one place
// that knows them.  Names are a promise; further columns may follow.

/// messages.csv
struct MessagesTable {
    static constexpr std::string_view kFile = "messages.csv";
    static constexpr std::string_view kRow =
        "A row per message, in the order in which they ended; behind these the messages that were "
        "under way at the end of the run, in the order of sending. What held a message up is empty "
        "unless it arrived, and where links are not measured; the four parts add up to the time "
        "from sending to the last byte.";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("message", "", "how many messages of the run were sent before", [](const auto& row) {
            return row.id;
        });
        add("from", "", "node that sent it", [](const auto& row) { return row.from; });
        add("to", "", "node that it went to", [](const auto& row) { return row.to; });
        add("round", "", "that it belongs to, counted from 0", [](const auto& row) {
            return row.round;
        });
        add("bytes_content", "bytes", "before framing and headers", [](const auto& row) {
            return row.bytes_content;
        });
        add("bytes_wire",
            "bytes",
            "with framing and headers, without acknowledgements and repetitions",
            [](const auto& row) { return row.bytes_wire; });
        add("sent_s", "s", "simulated instant at which its node sent it", [](const auto& row) {
            return to_seconds(row.sent);
        });
        add("first_byte_s",
            "s",
            "its first byte was at the receiver; empty: it had not come, or nobody knows",
            [](const auto& row) {
                return row.first_byte ? std::optional(to_seconds(*row.first_byte)) : std::nullopt;
            });
        add("ended_s",
            "s",
            "its last byte arrived, or it was given up or taken back; empty: under way",
            [](const auto& row) {
                return row.outcome == MessageRow::Outcome::kUnderWay
                           ? std::nullopt
                           : std::optional(to_seconds(row.ended));
            });
        add("outcome", "", "arrived, given-up, taken-back or under-way", [](const auto& row) {
            return outcome_name(row.outcome);
        });
        held_up_columns(add);
    }

  private:
    template <class Add>
    static constexpr void held_up_columns(Add&& add) {
        const auto part = [](auto get) {
            return [get](const auto& row) { return if_there(row.transfer, get); };
        };
        add("bound",
            "",
            "what took most of its time: uplink, downlink, core, latency or window",
            part([](const auto& transfer) { return transfer.bound; }));
        add("link", "", "busiest link of its path, as in links.csv", part([](const auto& transfer) {
                return transfer.link;
            }));
        add("own_s", "s", "that link carried the message itself", part([](const auto& transfer) {
                return transfer.time.own_s;
            }));
        add("others_s",
            "s",
            "that link carried bytes of others before it",
            part([](const auto& transfer) { return transfer.time.others_s; }));
        add("latency_s", "s", "propagation", part([](const auto& transfer) {
                return transfer.time.latency_s;
            }));
        add("window_s",
            "s",
            "the rest: connection set-up, slow start, windows, losses",
            part([](const auto& transfer) { return transfer.time.window_s; }));
    }
};

}  // namespace murmur
