/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What FlowMessageTransport does about segments that are lost by chance, as Linux's TCP does.
#include "flow-message-transport.h"

#include "ns3/log.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <cmath>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowMessageLosses");

namespace
{

constexpr double SYN_TIMEOUT = 1;       //!< Seconds; doubles with each attempt [RFC 6298]
constexpr uint32_t SYN_RETRIES = 6;     //!< net.ipv4.tcp_syn_retries
constexpr uint32_t RETRIES = 15;        //!< net.ipv4.tcp_retries2
constexpr double LONGEST_TIMEOUT = 120; //!< Seconds: TCP_RTO_MAX
constexpr double DELAYED_ACK = 0.2; //!< What a probe after a single segment waits for: TCP_RTO_MIN

} // namespace

bool
FlowMessageTransport::LoseHandshake(uint32_t index, double began)
{
    FlowConnection& connection = *m_connections[index];
    const FlowPath& path = *connection.path;
    if (path.loss == 0 && path.lossBack == 0)
    {
        return false;
    }
    if (!m_losses->IsLost(path.forth) && !m_losses->IsLost(path.back))
    {
        return false;
    }
    const double timeout = SYN_TIMEOUT * std::pow(2, connection.nAttempts);
    const Time wait = ToTime(std::max(0.0, began + timeout - SecondsNow()));
    if (++connection.nAttempts > SYN_RETRIES)
    {
        Simulator::Schedule(wait,
                            &FlowMessageTransport::GiveUp,
                            this,
                            index,
                            "the connection attempt timed out");
    }
    else
    {
        Simulator::Schedule(wait, &FlowMessageTransport::BeginHandshake, this, index);
    }
    return true;
}

double
FlowMessageTransport::Retry(const FlowConnection& connection, double probe, bool& isGivenUp)
{
    // The probe first; then timeouts, each twice as long as the one before it.
    double wait = probe;
    double timeout = connection.window.GetRetransmissionTimeout();
    for (uint32_t attempt = 0; m_losses->IsLost(connection.path->forth); ++attempt)
    {
        isGivenUp = attempt == RETRIES;
        if (isGivenUp)
        {
            break;
        }
        wait += timeout;
        timeout = std::min(2 * timeout, LONGEST_TIMEOUT);
    }
    return wait;
}

void
FlowMessageTransport::Lose(FlowConnection& connection)
{
    FlowRound& round = connection.round;
    const double segment = m_segment.GetSize();
    const double sends = std::min(connection.window.Get(), round.remaining);
    const auto count = static_cast<uint64_t>(std::ceil(sends / segment - 1e-9));
    const std::vector<uint64_t>& lost = m_losses->Send(connection.path->forth, count);
    if (lost.empty())
    {
        return;
    }
    // Those at the very end are followed by none whose acknowledgement would tell.
    uint64_t tail = 0;
    while (tail < lost.size() && lost[lost.size() - 1 - tail] == count - 1 - tail)
    {
        ++tail;
    }
    const uint64_t nLost = lost.size();
    const double trip = round.wait;
    const double probe = std::min(2 * trip + (count == 1 ? DELAYED_ACK : 0),
                                  connection.window.GetRetransmissionTimeout());
    bool isGivenUp = false;
    if (nLost == count && (count > 1 || round.remaining > sends))
    {
        // Nothing comes back until a probe or a timeout; then the rest is sent again.
        const double wait = Retry(connection, probe, isGivenUp) + trip;
        wait > probe + trip ? connection.window.TimeOut(2, round.start)
                            : connection.window.Shrink(round.start);
        Pause(m_byFlow[connection.flow].connection, wait, isGivenUp);
    }
    else if (nLost == tail && round.remaining <= connection.window.Get())
    {
        // The message is complete when the probe is, which follows the last acknowledgement.
        const double wait = Retry(connection, probe, isGivenUp);
        connection.underway.back().late +=
            wait + (nLost < count ? trip : 0) + (tail > 1 ? trip : 0);
        round.isShrinking = true;
        if (isGivenUp)
        {
            Pause(m_byFlow[connection.flow].connection, wait, true);
        }
    }
    else
    {
        round.lost += std::min(static_cast<double>(nLost) * segment, sends);
    }
}

void
FlowMessageTransport::Pause(uint32_t index, double wait, bool isGivenUp)
{
    FlowConnection& connection = *m_connections[index];
    connection.isPaused = true;
    if (isGivenUp)
    {
        Simulator::Schedule(ToTime(wait),
                            &FlowMessageTransport::GiveUp,
                            this,
                            index,
                            "retransmissions were not acknowledged");
        return;
    }
    Simulator::Schedule(ToTime(wait), &FlowMessageTransport::Resume, this, index);
}

void
FlowMessageTransport::Resume(uint32_t index)
{
    FlowConnection& connection = *m_connections[index];
    connection.isPaused = false;
    connection.round.isFirst = true;
    m_beginning.push_back(index);
    ScheduleSettle();
}

void
FlowMessageTransport::GiveUp(uint32_t index, const char* reason)
{
    NS_LOG_FUNCTION(this << index << reason);
    FlowConnection& connection = *m_connections[index];
    if (connection.isSending)
    {
        m_beginning.erase(std::remove(m_beginning.begin(), m_beginning.end(), index),
                          m_beginning.end());
        m_network->End(connection.flow, SecondsNow());
        connection.isSending = false;
        connection.underway.pop_back();
        ScheduleSettle();
    }
    // What follows is sent over another connection.
    const std::list<Message> failed = std::move(connection.waiting);
    connection.Reset();
    for (const Message& message : failed)
    {
        NotifyFailed(message, reason);
    }
}

} // namespace murmuration
} // namespace ns3
