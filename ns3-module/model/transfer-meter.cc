/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "transfer-meter.h"

#include "link-meter.h"

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationTransferMeter");

double
Transfer::GetDuration() const
{
    return own + others + latency + window;
}

Transfer::Bound
Transfer::GetBound() const
{
    if (own + others >= std::max(latency, window))
    {
        return Bound::LINK;
    }
    return latency >= window ? Bound::LATENCY : Bound::WINDOW;
}

TransferMeter::TransferMeter(Ptr<Underlay> underlay,
                             Ptr<MessageTransport> transport,
                             TransferCallback callback)
    : m_underlay(underlay),
      m_transport(transport),
      m_callback(callback)
{
    NS_LOG_FUNCTION(this << underlay << transport);
    NS_ABORT_MSG_IF(!underlay->GetMeter(), "TransferMeter: the meter of the underlay is off");
    transport->TraceConnectWithoutContext("Sent", MakeCallback(&TransferMeter::NoteSent, this));
    transport->TraceConnectWithoutContext("Delivered",
                                          MakeCallback(&TransferMeter::NoteDelivered, this));
    transport->TraceConnectWithoutContext("Failed", MakeCallback(&TransferMeter::NoteFailed, this));
    transport->TraceConnectWithoutContext("Aborted",
                                          MakeCallback(&TransferMeter::NoteAborted, this));
}

TransferMeter::~TransferMeter()
{
    NS_LOG_FUNCTION(this);
    m_transport->TraceDisconnectWithoutContext("Sent",
                                               MakeCallback(&TransferMeter::NoteSent, this));
    m_transport->TraceDisconnectWithoutContext("Delivered",
                                               MakeCallback(&TransferMeter::NoteDelivered, this));
    m_transport->TraceDisconnectWithoutContext("Failed",
                                               MakeCallback(&TransferMeter::NoteFailed, this));
    m_transport->TraceDisconnectWithoutContext("Aborted",
                                               MakeCallback(&TransferMeter::NoteAborted, this));
}

void
TransferMeter::NoteSent(const Message& message)
{
    Departure departure{m_underlay->GetRoute(message.from, message.to), {}};
    for (const uint32_t link : departure.route.links)
    {
        departure.busy.push_back(m_underlay->GetMeter()->GetBusySeconds(link));
    }
    m_underWay.emplace(message.id, std::move(departure));
}

void
TransferMeter::NoteDelivered(const Message& message)
{
    const auto found = m_underWay.find(message.id);
    if (found == m_underWay.end())
    {
        return; // sent before the meter was there
    }
    const auto& [route, before] = found->second;
    const double duration = (Simulator::Now() - message.sent).GetSeconds();
    Transfer transfer{};
    double busiest = -1;
    for (std::size_t hop = 0; hop < route.links.size(); ++hop)
    {
        const double busy = m_underlay->GetMeter()->GetBusySeconds(route.links[hop]) - before[hop];
        if (busy > busiest)
        {
            busiest = busy;
            transfer.link = route.links[hop];
        }
    }
    // Each part takes what the ones before it have left.
    double left = duration;
    const auto take = [&left](double seconds) {
        const double part = std::clamp(seconds, 0.0, left);
        left -= part;
        return part;
    };
    const double rate = static_cast<double>(m_underlay->GetLink(transfer.link).rate.GetBitRate());
    transfer.own =
        take(8 * static_cast<double>(m_transport->GetWireSize(message.sizeBytes)) / rate);
    transfer.latency = take(route.latency.GetSeconds());
    transfer.others = take(busiest - transfer.own);
    transfer.window = left;
    NS_LOG_LOGIC("message " << message.id << ": own " << transfer.own << " s, others "
                            << transfer.others << " s, latency " << transfer.latency
                            << " s, window " << transfer.window << " s, link " << transfer.link);
    m_underWay.erase(found);
    m_callback(message, transfer);
}

void
TransferMeter::NoteFailed(const Message& message, const std::string& /* reason */)
{
    m_underWay.erase(message.id);
}

void
TransferMeter::NoteAborted(uint64_t id, uint32_t /* from */, uint32_t /* to */)
{
    m_underWay.erase(id);
}

} // namespace murmuration
} // namespace ns3
