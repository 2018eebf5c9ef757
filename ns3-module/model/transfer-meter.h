/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_TRANSFER_METER_H
#define MURMURATION_TRANSFER_METER_H

#include "message-transport.h"
#include "underlay.h"

#include "ns3/callback.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Where the time of one message went, from Send() to its last byte. The four parts add up to
 * all of it, in seconds.
 */
struct Transfer
{
    /** The parts. */
    enum class Bound
    {
        LINK,    //!< Its busiest link: own bytes and those of others
        LATENCY, //!< Propagation
        WINDOW,  //!< Connection set-up, slow start, windows, retransmissions
    };

    uint32_t link;  //!< The busiest link of its path while it was under way
    double own;     //!< That link carried the message itself, headers included
    double others;  //!< That link carried other bytes: the message waited behind them
    double latency; //!< Propagation over the path
    double window;  //!< Nothing of this: the sender waited for acknowledgements

    /** @return the sum of the parts */
    double GetDuration() const;
    /** @return the largest part; what the link carried counts as one */
    Bound GetBound() const;
};

/**
 * @ingroup murmuration
 * @brief Finds out what each message of a transport waited for, over any fidelity: by looking at
 * the links of its path when it is sent and when it has arrived.
 *
 * The transfer was bound by a link if that link was busy most of the time, no matter with whose
 * bytes; what is left of the time is propagation and then waiting for windows. The ideal transport
 * carries everything at once: nobody waits there.
 */
class TransferMeter
{
  public:
    /** Runs after each delivery. */
    typedef Callback<void, const Message&, const Transfer&> TransferCallback;

    /**
     * @brief Watch a transport from now on.
     * @param underlay what its messages travel over; its meter must be on
     * @param transport the transport
     * @param callback runs when a message has arrived, before whoever waits for it
     */
    TransferMeter(Ptr<Underlay> underlay,
                  Ptr<MessageTransport> transport,
                  TransferCallback callback);
    ~TransferMeter();
    TransferMeter(const TransferMeter&) = delete;
    TransferMeter& operator=(const TransferMeter&) = delete;

  private:
    /** What the links of a path had done when a message was sent. */
    struct Departure
    {
        Underlay::Route route;    //!< The path
        std::vector<double> busy; //!< Seconds, by hop
    };

    /**
     * @brief Note a departure.
     * @param message the message
     */
    void NoteSent(const Message& message);

    /**
     * @brief Work out where the time went.
     * @param message the message
     */
    void NoteDelivered(const Message& message);

    /**
     * @brief Forget a message that was given up.
     * @param message the message
     * @param reason why
     */
    void NoteFailed(const Message& message, const std::string& reason);

    /**
     * @brief Forget a message that was taken back.
     * @param id the message
     * @param from its sending node
     * @param to its receiving node
     */
    void NoteAborted(uint64_t id, uint32_t from, uint32_t to);

    Ptr<Underlay> m_underlay;
    Ptr<MessageTransport> m_transport;
    TransferCallback m_callback;
    std::unordered_map<uint64_t, Departure> m_underWay; //!< By message id
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_TRANSFER_METER_H */
