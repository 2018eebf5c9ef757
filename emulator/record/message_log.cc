#include "emulator/record/message_log.h"

#include "emulator/record/messages_table.h"

#include <algorithm>

namespace murmur {

MessageLog::MessageLog(const std::filesystem::path& path)
    : file_(path, header_of<MessagesTable>()) {}

void MessageLog::write_before(SimTime until) {
    while (!waiting_.empty() && waiting_.front().ended < until) {
        file_.add(row_of<MessagesTable>(waiting_.front()));
        waiting_.pop_front();
    }
    file_.flush();
}

void MessageLog::finish(SimTime end, std::vector<MessageRow> under_way) {
    write_before(end);
    // How many have ended since depends on how far the simulation has run ahead.
    under_way.insert(under_way.end(), waiting_.begin(), waiting_.end());
    waiting_.clear();
    std::sort(under_way.begin(), under_way.end(), [](const MessageRow& a, const MessageRow& b) {
        return a.id < b.id;
    });
    for (const MessageRow& row : under_way) {
        if (row.sent < end) {
            file_.add(row_of<MessagesTable>(seen_before(end, row)));
        }
    }
    file_.flush();
}

}  // namespace murmur
