/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_TRANSPORT_HELPER_H
#define MURMURATION_TRANSPORT_HELPER_H

#include "ns3/message-transport.h"
#include "ns3/underlay.h"

#include <string>
#include <vector>

/**
 * @defgroup murmuration Murmuration
 *
 * Messages of a given size between the nodes of a network, in simulated time, at a chosen fidelity:
 * underlays, message transports, and devices, channels and helpers of the packet level.
 */

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Makes the message transport of a named fidelity over an underlay.
 *
 * Attributes of the transport can be set afterwards, before the first Send().
 */
class TransportHelper
{
  public:
    /**
     * @brief Make a transport; with a packet-level fidelity, also the nodes, devices and channels
     * that the underlay describes. Aborts if the fidelity is none of GetFidelities(), or if it does
     * not know a queue of the underlay.
     * @param fidelity its name
     * @param underlay what the messages travel over
     * @return the transport
     */
    static Ptr<MessageTransport> Create(const std::string& fidelity, Ptr<Underlay> underlay);

    /**
     * @brief Say what a fidelity does not know of a queue; it would be ignored, and must not be.
     * @param fidelity its name
     * @param queue a queue that an underlay may have
     * @return one clause, such as "knows no queues"; empty if it knows it
     */
    static std::string FindUnknown(const std::string& fidelity, const LinkQueue& queue);

    /**
     * @brief Say what a fidelity does not know of TCP; MessageTransport::SetTcpSettings() aborts.
     * @param fidelity its name
     * @param settings the settings
     * @return one clause, such as "knows no TCP"; empty if it knows all
     */
    static std::string FindUnknown(const std::string& fidelity, const TcpSettings& settings);

    /** @return the names that Create() knows */
    static const std::vector<std::string>& GetFidelities();
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_TRANSPORT_HELPER_H */
