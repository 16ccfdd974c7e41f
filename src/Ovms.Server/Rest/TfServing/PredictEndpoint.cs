using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Ovms.Server.Dispatch;

namespace Ovms.Server.Rest.TfServing;

/// <summary><c>POST /v1/models/M[/versions/V]:predict</c> (W§3.3, §3.4).</summary>
internal sealed class PredictEndpoint(RestServerOptions options, Dispatcher dispatcher)
{
    // Answers that fit are sent with their length; longer ones in chunks of this size.
    private const int BufferBytes = 64 << 10;

    /// <summary>Answers one request.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskBuilder))]
    public async ValueTask HandleAsync(RestExchange exchange, TfServingConnection connection)
    {
        // Step 1: the servable, since it says how numbers are read, and an unknown model is reported even when the body is broken.
        var call = connection.Call;
        exchange.DisconnectListener = connection;
        try
        {
            var fault = await dispatcher.ResolveAsync(call, connection.ModelName, connection.Version);
            if (!fault.IsFault)
            {
                // Step 2: the body, straight into tensors.
                fault = await ReadAsync(exchange, connection);
            }

            if (!fault.IsFault)
            {
                // Step 3: validation and inference.
                fault = await dispatcher.PredictAsync(call, connection.Inputs);
            }

            if (!fault.IsFault)
            {
                // Step 4: the outputs, straight from the infer request's memory.
                var status = connection.Answer.Begin(call.Servable!, call.Request!, connection.Body.IsRowFormat); // set by steps 1 and 3
                fault = new ServingFault(status);
            }

            if (fault.IsFault)
            {
                await RestErrorWriter.WriteAsync(exchange, fault);
            }
            else
            {
                await WriteAsync(exchange, connection.Answer);
            }
        }
        finally
        {
            exchange.DisconnectListener = null;
            connection.Reset();
        }
    }

    [AsyncMethodBuilder(typeof(PooledTaskBuilder<>))]
    private async ValueTask<ServingFault> ReadAsync(RestExchange exchange, TfServingConnection connection)
    {
        try
        {
            connection.Body.Begin(connection.Call.Servable!, exchange.ContentLength ?? 0); // resolved before
            var status = await RestBodyReader.ReadAsync(exchange, connection.Body, options.MaxBodyBytes);
            return status == ServingStatus.Ok ? connection.Body.Finish() : new ServingFault(status);
        }
        catch (OutOfMemoryException)
        {
            return new ServingFault(ServingStatus.OutOfMemory);
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            return new ServingFault(ServingStatus.RestBodyTooSlow);
        }
        catch (Exception error) when (error is ConnectionResetException or OperationCanceledException)
        {
            // The client has gone. Kestrel would look for the rest of the body and report that as our defect.
            exchange.Abort();
            return new ServingFault(ServingStatus.RequestCancelled);
        }
        catch (IOException)
        {
            // The client's doing too: broken chunks, a body that ends early.
            return new ServingFault(ServingStatus.RestBodyNotReadable);
        }
    }

    [AsyncMethodBuilder(typeof(PooledTaskBuilder))]
    private static async ValueTask WriteAsync(RestExchange exchange, PredictResponseWriter answer)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var length = answer.Fill(buffer);
            if (exchange.AcceptsGzip && (!answer.IsDone || length > RestResponse.MinGzipBytes))
            {
                await WriteGzipAsync(exchange, answer, buffer, length);
                return;
            }

            exchange.Begin(200, answer.IsDone ? length : null);
            if (answer.IsDone)
            {
                await RestResponse.WriteAsync(exchange.Output, buffer.AsMemory(0, length));
                return;
            }

            while (true)
            {
                var flushed = await exchange.Output.WriteAsync(buffer.AsMemory(0, length));
                if (flushed.IsCompleted || answer.IsDone)
                {
                    return;
                }

                length = answer.Fill(buffer);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async ValueTask WriteGzipAsync(RestExchange exchange, PredictResponseWriter answer, byte[] buffer, int length)
    {
        await using var gzip = RestResponse.BeginGzip(exchange, 200);
        while (true)
        {
            await gzip.WriteAsync(buffer.AsMemory(0, length));
            if (answer.IsDone || exchange.IsDisconnected)
            {
                return;
            }

            length = answer.Fill(buffer);
        }
    }
}
