#include "emulator/run/run_traces.h"

#include "emulator/nodes/mailbox.h"
#include "emulator/record/messages_table.h"
#include "emulator/tasks/bridge.h"

#include "ns3/callback.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace murmur {

namespace {

using ns3::murmuration::Message;
using ns3::murmuration::MessageTransport;

/// Things that happened, of which nobody knows yet whether they are of the run: some 200 bytes
/// each.
constexpr std::size_t kMostWaiting = std::size_t{1} << 18;

template <class... Arguments, class F>
void connect(MessageTransport& transport, const std::string& source, F function) {
    if (!transport.TraceConnectWithoutContext(
            source, ns3::Callback<void, Arguments...>(std::move(function)))) {
        throw std::logic_error("the message transport has no trace source " + source);
    }
}

}  // namespace

RunTraces::RunTraces(const std::filesystem::path& folder, const Options& options)
    : most_waiting_(kMostWaiting) {
    if (options.messages) {
        messages_.emplace(folder / MessagesTable::kFile);
    }
    if (options.timeline.is_on) {
        timeline_.emplace(folder / "timeline.json", options.timeline, options.num_nodes);
    }
}

void RunTraces::watch(MessageTransport& transport,
                      NetworkUse* use,
                      std::function<void(SimTime)> catch_up) {
    catch_up_ = std::move(catch_up);
    if (use != nullptr) {
        // It hears of a delivery before what is connected below.
        use->set_listener([this](const Message& message, const MeasuredTransfer& transfer) {
            if (const auto found = under_way_.find(message.id); found != under_way_.end()) {
                found->second.transfer = transfer;
            }
        });
    }
    connect<const Message&>(transport, "Sent", [this, &transport](const Message& message) {
        note_sent(message, transport.GetWireSize(message.sizeBytes));
    });
    connect<std::uint64_t, ns3::Time>(
        transport, "FirstByte", [this](std::uint64_t id, ns3::Time at) {
            note_first_byte(id, SimTime(at.GetNanoSeconds()));
        });
    connect<const Message&>(transport, "Delivered", [this](const Message& message) {
        note_end(message.id, MessageRow::Outcome::kArrived);
        bound_memory();
    });
    connect<const Message&, const std::string&>(
        transport, "Failed", [this](const Message& message, const std::string& /*reason*/) {
            note_end(message.id, MessageRow::Outcome::kGivenUp);
        });
    connect<std::uint64_t, std::uint32_t, std::uint32_t>(
        transport,
        "Aborted",
        [this](std::uint64_t id, std::uint32_t /*from*/, std::uint32_t /*to*/) {
            note_end(id, MessageRow::Outcome::kTakenBack);
        });
}

void RunTraces::note_sent(const Message& message, std::uint64_t bytes_wire) {
    const auto [entry, is_new] = under_way_.try_emplace(message.id,
                                                        MessageRow{
                                                            .id = message.id,
                                                            .from = message.from,
                                                            .to = message.to,
                                                            .round = Mailbox::round_of(message),
                                                            .bytes_content = message.sizeBytes,
                                                            .bytes_wire = bytes_wire,
                                                            .sent = Bridge::now(),
                                                        });
    if (timeline_) {
        timeline_->send(entry->second);
    }
}

void RunTraces::note_first_byte(std::uint64_t id, SimTime at) {
    if (const auto found = under_way_.find(id); found != under_way_.end()) {
        found->second.first_byte = at;
    }
}

void RunTraces::note_end(std::uint64_t id, MessageRow::Outcome outcome) {
    const auto found = under_way_.find(id);
    if (found == under_way_.end()) {
        return;
    }
    MessageRow& row = found->second;
    row.outcome = outcome;
    row.ended = Bridge::now();
    // What the flow network says of the first byte is from before links changed, where they have;
    // what it says of the last one is not.
    if (row.first_byte && *row.first_byte > row.ended) {
        row.first_byte =
            outcome == MessageRow::Outcome::kArrived ? std::optional(row.ended) : std::nullopt;
    }
    if (timeline_) {
        timeline_->end(row);
    }
    if (messages_) {
        messages_->add(std::move(row));
    }
    under_way_.erase(found);
}

void RunTraces::bound_memory() {
    const auto num_waiting = [this] {
        return (messages_ ? messages_->num_waiting() : 0) +
               (timeline_ ? timeline_->num_waiting() : 0);
    };
    if (num_waiting() >= most_waiting_) {
        catch_up_(Bridge::now());
        // What the nodes do in one round waits for its end, however much it is.
        most_waiting_ = std::max(kMostWaiting, 2 * num_waiting());
    }
}

void RunTraces::know(SimTime known) {
    if (messages_) {
        messages_->write_before(known + SimTime(1));
    }
    if (timeline_) {
        timeline_->write_before(known + SimTime(1));
    }
}

void RunTraces::finish(SimTime end, SimTime latest) {
    std::vector<MessageRow> under_way;
    for (const auto& [id, row] : under_way_) {
        under_way.push_back(row);
    }
    under_way_.clear();
    if (timeline_) {
        timeline_->finish(end, latest, under_way);
    }
    if (messages_) {
        messages_->finish(end, std::move(under_way));
    }
}

}  // namespace murmur
